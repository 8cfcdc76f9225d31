import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually } from '../stack/support/eventually.ts';
import { jaegerAt } from '../stack/support/jaeger.ts';
import { prometheusAt } from '../stack/support/prometheus.ts';
import { scratch } from '../stack/support/scratch.ts';
import { shipped } from '../stack/support/shipped.ts';
import { speakTo } from '../e2e/speaker.ts';
import { openStack, type Stack } from './support/stack.ts';

const found = inject('engine');
const WITHIN_SECONDS = 60;

describe.skipIf(found === undefined)('docker compose up with several servers', () => {
  // Without an engine nothing here runs.
  const engine = found as NonNullable<typeof found>;
  const cleanUp = new AsyncDisposableStack();
  let stack: Stack;
  let file: string;

  beforeAll(async () => {
    // A copy, so that the configuration can be changed.
    const disk = cleanUp.use(await scratch('several'));
    file = join(disk.folder, 'several/mcpspan.yaml');
    await cp(shipped('deploy/several'), join(disk.folder, 'several'), { recursive: true });
    const mcpspan = {
      environment: { OTEL_METRIC_EXPORT_INTERVAL: '2000' },
      volumes: [`${join(disk.folder, 'several')}:/etc/mcpspan:ro`],
    };
    stack = cleanUp.use(await openStack(engine, { mcpspan }, ['deploy/several/docker-compose.yml']));
    await stack.up({ SIMULATOR_SPEED: '30' });
  });
  afterAll(() => cleanUp.disposeAsync());

  const open = (path: string): Promise<number> =>
    speakTo(`http://localhost:${stack.ports.MCPSPAN_PORT}${path}`, { name: 'in-docker', version: '1' }).open();

  it('puts one mcpspan before both, each with its own path, traces and figures', async () => {
    expect(await open('/quiz')).toBe(200);
    expect(await open('/docs')).toBe(200);
    expect(await open('/mcp')).toBe(404);
    const servers = await eventually(
      'figures of both',
      async () => {
        const query = 'sum by (mcpspan_server) (mcpspan_tool_calls_total)';
        const calls = await prometheusAt(`http://127.0.0.1:${stack.ports.PROMETHEUS_PORT}`).query(query);
        return calls.length > 1 ? calls.map(({ labels }) => labels['mcpspan_server']) : undefined;
      },
      WITHIN_SECONDS,
    );
    expect(new Set(servers)).toEqual(new Set(['docs', 'quiz']));
    for (const server of servers) {
      const tags = { 'mcpspan.server': server ?? '' };
      const traces = await jaegerAt(`http://127.0.0.1:${stack.ports.JAEGER_PORT}`).find({ tags });
      expect(traces, server).not.toEqual([]);
    }
  });

  it('takes a third when the file has changed and mcpspan is told', async () => {
    const text = await readFile(file, 'utf8');
    await writeFile(file, `${text}  - name: more\n    upstream: http://docs:3000/mcp\n    path: /more\n`);
    await stack.compose('kill', '-s', 'HUP', 'mcpspan');
    await eventually('the third', async () => ((await open('/more')) === 200 ? true : undefined), WITHIN_SECONDS);
    expect(await open('/quiz')).toBe(200);
  });
});
