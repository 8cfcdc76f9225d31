import { expect, inject, it } from 'vitest';
import { playSessions, startAnswering } from '../slow/memory/sessions.ts';
import { run } from './support/container.ts';
import { docker, inspect } from './support/docker.ts';
import { KNOWS_HOST, onTheHost } from './support/host-server.ts';

const found = inject('engine');
const LIMIT_MB = 128;
const SESSIONS = 5_000;
const CALLS = 20;

interface Inspected {
  readonly State: { readonly OOMKilled: boolean; readonly Running: boolean };
  readonly RestartCount: number;
}

it.skipIf(found === undefined)(
  'a container with 128 MB whose collector is out of reach is not killed: it drops spans, and counts them',
  { timeout: 10 * 60_000 },
  async () => {
    // Without an engine nothing here runs.
    const engine = found as NonNullable<typeof found>;
    await using upstream = await startAnswering();
    await using host = await onTheHost(engine, upstream.port);
    const limit = ['-m', `${LIMIT_MB}m`, '--memory-swap', `${LIMIT_MB}m`];
    const exporting = ['-e', 'OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9', '-e', 'MCPSPAN_DRAIN_DELAY=0'];
    await using mcpspan = await run(
      engine,
      ['--read-only', '-p', '127.0.0.1:0:4100', ...KNOWS_HOST, ...limit, ...exporting],
      ['--allow-host', 'localhost', '--upstream', host.url],
    );
    await mcpspan.said(/health +http/);
    const url = `http://localhost:${await mcpspan.port(4100)}/mcp`;
    expect(await playSessions(url, SESSIONS, CALLS)).toBe(SESSIONS);
    const used = await docker(engine, 'stats', '--no-stream', '--format', '{{.MemUsage}}', mcpspan.id);
    console.log(`After ${SESSIONS * (CALLS + 3)} requests it uses ${used}.`);
    expect(await inspect<Inspected>(engine, mcpspan.id)).toMatchObject({
      State: { OOMKilled: false, Running: true },
      RestartCount: 0,
    });
    expect((await mcpspan.stop()).code).toBe(0);
    const log = await mcpspan.log();
    expect(log).toContain(`an eighth of the memory limit of this process, ${LIMIT_MB} MB`);
    expect(Number(/^mcpspan: (\d+) spans were not delivered/m.exec(log)?.[1])).toBeGreaterThan(SESSIONS * CALLS);
  },
);
