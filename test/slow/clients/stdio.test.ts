import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelsOf, total } from '../../e2e/signals.ts';
import { httpServer } from '../../support/listen.ts';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import { INSTALL_TIMEOUT } from './cached.ts';
import { traceFrom } from './conversation.ts';
import { CALLS, callsTo, PROBE, under } from './expected.ts';
import { installPackages, versionIn } from './packages.ts';
import { measured, type Row } from './row.ts';
import { nodeSpeaker, speak, type Said } from './speak.ts';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const ENTRY = join(REPOSITORY, 'src/cli.ts');

/** Telemetry as soon as may be: what there is left at the end has a second, which a busy machine may not find. */
const QUICK = { OTEL_BSP_SCHEDULE_DELAY: '50', OTEL_METRIC_EXPORT_INTERVAL: '200' };
const SUMMARY = '  mcp.session.summary INTERNAL';

let cache: string;
let scratch: string;
const rows: Row[] = [];

beforeAll(async () => {
  cache = await installPackages();
  // The filesystem server names the real folder, which a link to it (macOS) is not.
  scratch = realpathSync(mkdtempSync(join(tmpdir(), 'mcpspan-stdio-')));
  writeFileSync(join(scratch, 'note.txt'), 'a ✓ in a file');
}, INSTALL_TIMEOUT);
afterAll(() => rmSync(scratch, { recursive: true }));

const hosts = [
  { client: 'TypeScript SDK v1', package: '@modelcontextprotocol/sdk', mode: undefined, probe: [] },
  { client: 'TypeScript SDK v2, auto', package: '@modelcontextprotocol/client', mode: 'auto', probe: [PROBE] },
];

/** The reference servers: where they are, what they are told, the tool that is called, and what it answers. */
const servers = [
  {
    server: 'server-everything',
    folder: () => REPOSITORY,
    args: () => ['stdio'],
    call: () => ({ name: 'echo', arguments: { message: 'hëllo' } }),
    answer: 'Echo: hëllo',
  },
  {
    server: 'server-filesystem',
    folder: () => cache,
    args: () => [scratch],
    call: () => ({ name: 'read_text_file', arguments: { path: join(scratch, 'note.txt') } }),
    answer: 'a ✓ in a file',
  },
  {
    server: 'server-memory',
    folder: () => cache,
    args: () => [],
    call: () => ({ name: 'search_nodes', arguments: { query: 'nothing' } }),
    answer: expect.stringContaining('"entities": []'),
  },
];

describe.each(servers)('$server over stdio', ({ server, folder, args, call, answer }) => {
  const command = (): string[] => [
    process.execPath,
    join(folder(), 'node_modules/@modelcontextprotocol', server, 'dist/index.js'),
    ...args(),
  ];
  /** Lets the host speak to a command. @param seen what is waited for before the host leaves */
  async function host(
    words: readonly string[],
    mode: string | undefined,
    { env = {}, seen = () => Promise.resolve() }: { env?: object; seen?: () => Promise<void> } = {},
  ): Promise<Said> {
    await using gate = await httpServer((_, response) => {
      const open = (): void => void response.end();
      seen().then(open, open);
    });
    const settings = { MEMORY_FILE_PATH: join(scratch, 'memory.json'), ...env };
    const options = { command: words, mode, env: settings, call: call() };
    return await speak(nodeSpeaker('host', REPOSITORY), { url: gate.url, calls: CALLS, traces: '', options });
  }

  it.each(hosts)('is to $client what it is without us, and its process is a session', async (each) => {
    const { mode, probe } = each;
    await using receiver = await startOtlpReceiver();
    const direct = await host(command(), mode);
    expect(direct.said).toEqual(Array.from({ length: CALLS }, () => answer));
    const wrapped = [process.execPath, ENTRY, '--name', 'wrapped', '--', ...command()];
    const calls = callsTo(call().name, CALLS);
    const seen = (): Promise<void> =>
      receiver.until(
        ({ spans }) =>
          spans.filter(({ name }) => name === calls[0]).length === CALLS &&
          total(receiver, 'mcpspan.client.verdict') === 1,
      );
    const env = { ...QUICK, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
    expect(await host(wrapped, mode, { env, seen })).toEqual(direct);

    const trace = under('initialize', 'notifications/initialized', 'tools/list', ...calls);
    expect(traceFrom(receiver).filter((line) => line !== SUMMARY)).toEqual([
      ...probe,
      ...trace.filter((line) => line !== SUMMARY),
    ]);
    expect(labelsOf(receiver, 'mcpspan.anomalies')).toEqual([]);
    rows.push({
      client: each.client,
      version: versionIn(REPOSITORY, each.package),
      server: `${server}, stdio`,
      ...measured(receiver, undefined),
    });
    expect(rows.at(-1)).toMatchObject({ sessions: '1 process', verdict: 'reusing' });
  });
});

it('is as docs/clients.md says', async () => {
  await expect(`${JSON.stringify(rows, null, 2)}\n`).toMatchFileSnapshot('./stdio.json');
});
