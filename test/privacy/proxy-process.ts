import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { converse, startQuiz, type Forwarded } from './conversation.ts';

const CLI = join(import.meta.dirname, '../../src/cli.ts');

export interface Record {
  receiver: OtlpReceiver;
  /** Everything the process wrote, on both of its outputs. */
  said: string;
  forwarded: readonly Forwarded[];
  exitCode: number | null;
}

/** Holds the conversation through a real process that exports all three signals, and lets it end. */
export async function record(args: readonly string[]): Promise<Record> {
  await using receiver = await startOtlpReceiver();
  const { upstream, forwarded } = await startQuiz();
  await using _upstream = upstream;
  const child = spawn(
    process.execPath,
    [
      CLI,
      '--upstream',
      `${upstream.url}/mcp`,
      '--listen',
      '127.0.0.1:0',
      '--page',
      'off',
      '--store',
      'off',
      '--drain-seconds',
      '0',
      ...args,
    ],
    {
      env: { PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  const listening = Promise.withResolvers<number>();
  const ended = once(child, 'exit');
  ended.then(() => listening.reject(new Error(`the proxy ended at its start: ${said}`)), listening.reject);
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const port = /^ {2}clients +http:\/\/127\.0\.0\.1:(\d+)\/mcp$/m.exec(said)?.[1];
      if (port !== undefined) listening.resolve(Number(port));
    });
  }
  try {
    await converse(await listening.promise);
    if (upstream.failures.length > 0) throw new AggregateError(upstream.failures, 'the upstream failed');
    child.kill('SIGTERM');
    await ended;
  } finally {
    child.kill('SIGKILL');
  }
  return { receiver, said, forwarded, exitCode: child.exitCode };
}
