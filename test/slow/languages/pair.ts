import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startCli } from '../../e2e/cli.ts';
import { total } from '../../e2e/signals.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../../support/otlp-receiver.ts';
import type { Transport } from './sdk.ts';
import type { ClientRow, SessionRow } from './store-rows.ts';
import { talk, type Report, type Task } from './talk.ts';

const ENTRY = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url));
const run = promisify(execFile);

/** What a client asks of each server. */
export const CALLS = [
  { name: 'echo', arguments: { message: 'hëllo 1' } },
  { name: 'echo', arguments: { message: 'hëllo 2' } },
  { name: 'fail', arguments: {} },
  { name: 'slow', arguments: {} },
  { name: 'echo', arguments: { message: 'hëllo 3' } },
] as const;

/** A client that talked with a server through mcpspan, and all that was told of it. */
export interface Passage {
  readonly report: Report;
  readonly receiver: OtlpReceiver;
  readonly sessions: readonly SessionRow[];
  readonly clients: readonly ClientRow[];
}

/** Telemetry as soon as may be: a wrapped process has a second for what there is left at the end. */
const QUICK = { OTEL_BSP_SCHEDULE_DELAY: '50', OTEL_METRIC_EXPORT_INTERVAL: '200' };
/** How long a session may take to end whose stream has closed. */
const MAX_ENDING_MS = 2_000;

/** Where the server is, without mcpspan. */
export type Place = { readonly url: string } | { readonly command: readonly string[] };

const taskFor = (transport: Transport, place: Place): Task => ({
  transport: transport === 'http-stateless' ? 'http' : transport,
  ...place,
  calls: CALLS,
});

export const direct = (client: readonly string[], transport: Transport, place: Place): Promise<Report> =>
  talk(client, taskFor(transport, place));

/** @param use gets the passage, while the receiver is still there */
export async function through(
  client: readonly string[],
  transport: Transport,
  place: Place,
  use: (passage: Passage) => void,
): Promise<void> {
  await using receiver = await startOtlpReceiver();
  const folder = mkdtempSync(join(tmpdir(), 'mcpspan-language-'));
  const store = join(folder, 'store.db');
  // The commands print JSON in this shape.
  const ask = async <Row>(question: string): Promise<Row> =>
    JSON.parse((await run(process.execPath, [ENTRY, question, '--store', store, '--json'])).stdout) as Row;
  try {
    const report = await ('url' in place
      ? throughProxy(client, taskFor(transport, place), place.url, receiver, store)
      : throughWrapper(client, taskFor(transport, place), place.command, receiver, store, () =>
          ask<SessionRow[]>('sessions'),
        ));
    const [sessions, clients] = await Promise.all([ask<SessionRow[]>('sessions'), ask<ClientRow[]>('clients')]);
    use({ report, receiver, sessions, clients });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function throughProxy(
  client: readonly string[],
  task: Task,
  upstream: string,
  receiver: OtlpReceiver,
  store: string,
): Promise<Report> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
  await using cli = await startCli(upstream, ['--name', 'languages', '--store', store], env);
  const report = await talk(client, { ...task, url: new URL(new URL(upstream).pathname, cli.url).href });
  if (task.transport === 'sse') await sessionsEnded(receiver);
  const ending = await cli.stop();
  if (ending !== 0) throw new Error(`the proxy ended with ${ending}:\n${cli.stderr()}`);
  return report;
}

/** Waits for the sessions that have to end by themselves. What did not end is told by the store, so nothing is thrown. */
const sessionsEnded = (receiver: OtlpReceiver): Promise<void> =>
  receiver
    .until(() => total(receiver, 'mcpspan.sessions.ended') > 0, 'a session ends', MAX_ENDING_MS)
    .catch(() => {
      // Told by `SessionRow.endReason`.
    });

async function throughWrapper(
  client: readonly string[],
  task: Task,
  command: readonly string[],
  receiver: OtlpReceiver,
  store: string,
  sessions: () => Promise<readonly SessionRow[]>,
): Promise<Report> {
  // SDKs give a server little of their environment.
  const env = Object.entries({ ...QUICK, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }).map((pair) => pair.join('='));
  const wrapper = [process.execPath, ENTRY, '--name', 'languages', '--store', store, '--', ...command];
  const recorded = async (): Promise<void> => {
    await receiver.until(
      ({ spans }) => spans.filter(({ name }) => name.startsWith('tools/call')).length === CALLS.length,
      'every call is exported',
    );
    while ((await sessions())[0]?.toolCalls !== CALLS.length);
  };
  return await talk(client, { ...task, command: ['env', ...env, ...wrapper] }, recorded);
}
