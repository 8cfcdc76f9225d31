import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { PAGE_LINE } from '../e2e/cli.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { converse, startQuiz, type Forwarded } from './conversation.ts';

/** Of the last operation that ends. What is written is written in that order, once a second. */
const LAST_TOOL = '"target":"ask"';

const CLI = join(import.meta.dirname, '../../src/cli.ts');

export interface Record {
  receiver: OtlpReceiver;
  /** Everything the process wrote, on both of its outputs. */
  said: string;
  /** All that the local page was told, by what it asked. */
  page: ReadonlyMap<string, string>;
  /** The files of the local record, as they are. */
  store: readonly Buffer[];
  /** What commands say of the attempt to connect that is in it. */
  journeys: string;
  forwarded: readonly Forwarded[];
  exitCode: number | null;
}

/** Holds the conversation through a real process that exports all three signals, keeps a record and shows a page. */
export async function record(args: readonly string[]): Promise<Record> {
  await using receiver = await startOtlpReceiver();
  const { upstream, forwarded } = await startQuiz();
  await using _upstream = upstream;
  const folder = mkdtempSync(join(tmpdir(), 'mcpspan-privacy-'));
  const child = spawn(
    process.execPath,
    [
      CLI,
      '--upstream',
      `${upstream.url}/mcp`,
      '--listen',
      '127.0.0.1:0',
      '--page',
      '127.0.0.1:0',
      '--store',
      join(folder, 'store.db'),
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
  const shown = Promise.withResolvers<string>();
  const ended = once(child, 'exit');
  ended.then(() => listening.reject(new Error(`the proxy ended at its start: ${said}`)), listening.reject);
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const port = /^ {2}clients +http:\/\/127\.0\.0\.1:(\d+)\/mcp$/m.exec(said)?.[1];
      if (port !== undefined) listening.resolve(Number(port));
      const page = PAGE_LINE.exec(said)?.[1];
      if (page !== undefined) shown.resolve(page);
    });
  }
  try {
    await converse(await listening.promise);
    const page = await askAll(await shown.promise);
    if (upstream.failures.length > 0) throw new AggregateError(upstream.failures, 'the upstream failed');
    child.kill('SIGTERM');
    await ended;
    const store = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
    const journeys = journeysIn(join(folder, 'store.db'));
    return { receiver, said, page, store, journeys, forwarded, exitCode: child.exitCode };
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

function journeysIn(store: string): string {
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, [CLI, ...args, '--store', store], { encoding: 'utf8' });
  const all = run('journeys', '--json');
  const { journeys } = JSON.parse(all) as { journeys: { id: string }[] };
  const [{ id } = { id: '' }] = journeys;
  return [all, run('journeys'), run('journeys', id), run('report', '-', '--journey', id)].join('\n');
}

/** What each view is told, once the record holds the last of the conversation. */
async function askAll(page: string): Promise<Map<string, string>> {
  const told = new Map<string, string>();
  const ask = async (what: string): Promise<string> => {
    const response = await fetch(`${page}/api/${what}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`${what}: ${text}`);
    told.set(what, text);
    return text;
  };
  while (!(await ask('now')).includes(LAST_TOOL)) await rest(100);
  for (const view of ['about', 'now', 'sessions', 'clients', 'tools', 'calls', 'errors', 'health', 'tools?change=1'])
    await ask(view);
  const { sessions } = JSON.parse(told.get('sessions') ?? '') as { sessions: { traceId: string }[] };
  for (const { traceId } of sessions) await ask(`session?session=${traceId}`);
  return told;
}
