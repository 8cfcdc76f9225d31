import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFailed } from 'vitest';
import { prometheusRules } from '../../grafana/alerts/prometheus.ts';
import { RULE_GROUPS } from '../../grafana/alerts/rules.ts';
import { startPlainServer } from '../e2e/plain-server.ts';
import type { Alert } from '../stack/support/alertmanager.ts';
import { callOnAndOn, spansOf, type CallerReport } from '../stack/support/caller.ts';
import { eventually } from '../stack/support/eventually.ts';
import { jaegerAt, warningsIn } from '../stack/support/jaeger.ts';
import { getJson } from '../stack/support/json.ts';
import { prometheusAt } from '../stack/support/prometheus.ts';
import { scratch } from '../stack/support/scratch.ts';
import { askAs } from './support/container.ts';
import { docker, inspect } from './support/docker.ts';
import { onTheHost } from './support/host-server.ts';
import { openStack, type Stack } from './support/stack.ts';

const found = inject('engine');

/** Rules look back, and clients play, so many times faster than life: the alert takes one minute instead of ten. */
const FASTER = 10;
/** Attempts of mcpspan to export are up to 36 s apart after a while. */
const BACK_WITHIN_SECONDS = 120;
/** How mcpspan names the server of the host. */
const NAME = 'on-the-host';
/** An attempt to export takes this long to fail: a call that waited for it would be as slow. */
const EXPORT_TIMEOUT = 10_000;

interface Inspected {
  readonly State: { readonly Health: { readonly Status: string }; readonly ExitCode: number };
  readonly Config: { readonly User: string };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[];
    readonly SecurityOpt: readonly string[];
    readonly Memory: number;
    readonly Tmpfs: Readonly<Record<string, string>>;
  };
}

describe.skipIf(found === undefined)('docker compose up', () => {
  // Without an engine nothing here runs.
  const engine = found as NonNullable<typeof found>;
  const cleanUp = new AsyncDisposableStack();
  let stack: Stack;

  beforeAll(async () => {
    const disk = cleanUp.use(await scratch('rules'));
    const rules = join(disk.folder, 'mcpspan.rules.yml');
    await writeFile(rules, prometheusRules(RULE_GROUPS, FASTER), { mode: 0o644 });
    stack = cleanUp.use(
      await openStack(engine, {
        prometheus: { volumes: [`${rules}:/etc/prometheus/mcpspan.rules.yml:ro`] },
        mcpspan: {
          environment: { MCPSPAN_IDLE_SECONDS: String(600 / FASTER), OTEL_METRIC_EXPORT_INTERVAL: '2000' },
        },
      }),
    );
    await stack.up({ SIMULATOR_SPEED: String(3 * FASTER) });
  });
  afterAll(() => cleanUp.disposeAsync());

  const api = (port: keyof Stack['ports']): string => `http://127.0.0.1:${stack.ports[port]}`;
  const inspectOf = async (name: string): Promise<Inspected> =>
    inspect<Inspected>(engine, (await stack.containerOf(name)) ?? expect.unreachable(`${name} has no container`));
  const logOf = (name: string): Promise<string> => stack.compose('logs', '--no-log-prefix', name);
  const said = (pattern: RegExp): Promise<true> =>
    eventually(
      `mcpspan says ${pattern.source}`,
      async () => (pattern.test(await logOf('mcpspan')) ? true : undefined),
      BACK_WITHIN_SECONDS,
    );

  it('makes all of it healthy', async () => {
    for (const name of stack.names) expect((await inspectOf(name)).State.Health.Status, name).toBe('healthy');
    expect(stack.names).toContain('simulator');
  });

  it('lets nobody be root, write beside the volumes, or take memory without bound', async () => {
    for (const name of stack.names) {
      const { Config, HostConfig } = await inspectOf(name);
      expect(Config.User, name).toMatch(/^[1-9]\d*:\d+$/);
      expect(HostConfig.ReadonlyRootfs, name).toBe(true);
      expect(HostConfig.CapDrop, name).toEqual(['ALL']);
      expect(HostConfig.SecurityOpt, name).toEqual(['no-new-privileges:true']);
      expect(HostConfig.Memory, name).toBeGreaterThan(0);
      expect(HostConfig.Tmpfs['/tmp'], name).toMatch(/size=\d+m/);
    }
  });

  it('brings the calls of each client to Prometheus', async () => {
    const clients = await eventually('clients', async () => {
      const calls = await prometheusAt(api('PROMETHEUS_PORT')).query(
        'sum by (mcpspan_client) (mcpspan_tool_calls_total)',
      );
      return calls.length > 1 ? calls.map(({ labels }) => labels['mcpspan_client']) : undefined;
    });
    expect(clients).toContain('chatgpt');
  });

  it('refuses a page that gave its own name our address', async () => {
    const foreign = await askAs('evil.example', stack.ports.MCPSPAN_PORT, { path: '/mcp' });
    expect(foreign.status).toBe(403);
  });

  it('has Alertmanager tell of the client that shakes hands for every call, with a link to the Grafana that is published', async () => {
    const alert = await eventually(
      'the alert',
      async () => {
        const alerts = await getJson<readonly Alert[]>(`${api('ALERTMANAGER_PORT')}/api/v2/alerts`);
        return alerts.find(({ labels }) => labels['alertname'] === 'McpHandshakePerCall');
      },
      BACK_WITHIN_SECONDS,
    );
    expect(alert.labels).toMatchObject({ mcpspan_client: 'chatgpt', severity: 'warning' });
    expect(alert.labels['grafana_url']).toBeUndefined();
    expect(alert.annotations['dashboard_url']).toContain(`http://localhost:${stack.ports.GRAFANA_PORT}/d/`);
  });

  it('brings the sessions of simulated clients to Jaeger as whole traces', async () => {
    const traces = await eventually(
      'traces',
      async () => {
        const all = await jaegerAt(api('JAEGER_PORT')).find({ operation: 'mcp.session.summary' });
        return all.length > 0 ? all : undefined;
      },
      BACK_WITHIN_SECONDS,
    );
    expect(warningsIn(traces)).toEqual([]);
  });

  describe('with UPSTREAM', () => {
    const reports: CallerReport[] = [];
    let variables: Readonly<Record<string, string>>;

    beforeAll(async () => {
      const server = cleanUp.use(await startPlainServer());
      const host = cleanUp.use(await onTheHost(engine, server.port));
      variables = { UPSTREAM: host.url, MCPSPAN_NAME: NAME };
      await stack.up(variables);
    });

    /** Calls go on until something has happened. */
    async function callThrough(meanwhile: () => Promise<unknown>): Promise<void> {
      let over = false;
      const url = `http://localhost:${stack.ports.MCPSPAN_PORT}/mcp`;
      const calling = callOnAndOn(url, { callsInSession: 3, pause: 100, goOn: () => !over });
      try {
        await meanwhile();
      } finally {
        over = true;
        reports.push(await calling);
      }
    }

    const spanIds = async (): Promise<ReadonlySet<string>> => {
      const traces = await jaegerAt(api('JAEGER_PORT')).find({ tags: { 'mcpspan.server': NAME } });
      return new Set(traces.flatMap(({ spans }) => spans.map(({ spanID }) => spanID)));
    };

    it('removes the simulator, whose clients would call that server', async () => {
      expect(await stack.containerOf('simulator')).toBeUndefined();
      expect((await inspectOf('mcpspan')).State.Health.Status).toBe('healthy');
    });

    it(
      'calls go on while the collector is killed, paused, and gone at a restart of mcpspan; no span is lost',
      { timeout: 6 * BACK_WITHIN_SECONDS * 1_000 },
      async () => {
        onTestFailed(async () => console.log(await logOf('mcpspan')));
        const collector = (await stack.containerOf('collector')) ?? '';
        await callThrough(async () => {
          await eventually('the first spans', async () => ((await spanIds()).size > 0 ? true : undefined));
          await docker(engine, 'kill', collector);
          await said(/spans cannot be exported/);
          await docker(engine, 'start', collector);
          await said(/spans reach .* 0 lost/);
        });
        await callThrough(async () => {
          const from = (await logOf('mcpspan')).length;
          await docker(engine, 'pause', collector);
          await eventually(
            'mcpspan notices',
            async () => ((await logOf('mcpspan')).slice(from).includes('spans cannot be exported') ? true : undefined),
            BACK_WITHIN_SECONDS,
          );
          await docker(engine, 'unpause', collector);
          await eventually(
            'mcpspan reaches it again',
            async () => (/spans reach .* 0 lost/.test((await logOf('mcpspan')).slice(from)) ? true : undefined),
            BACK_WITHIN_SECONDS,
          );
        });

        await docker(engine, 'kill', collector);
        await callThrough(() =>
          eventually('mcpspan notices', async () => (await unexported()) || undefined, BACK_WITHIN_SECONDS),
        );
        await stack.compose('stop', 'mcpspan');
        expect((await inspectOf('mcpspan')).State.ExitCode).toBe(0);
        expect(await logOf('mcpspan')).toMatch(/ [1-9]\d* spans wait in the spool for the next start/);
        await docker(engine, 'start', collector);
        await stack.up(variables);

        await eventually(
          `${spansOf(reports)} spans`,
          async () => {
            const { size } = await spanIds();
            if (size === spansOf(reports)) return true;
            throw new Error(`there are ${size}`);
          },
          BACK_WITHIN_SECONDS,
        );
        const calls = reports.reduce((sum, { toolCalls }) => sum + toolCalls, 0);
        console.log(
          `${calls} calls, ${spansOf(reports)} spans; the slowest took ${Math.round(Math.max(...reports.map(({ slowest }) => slowest)))} ms.`,
        );
        for (const { failed, slowest } of reports) {
          expect(failed).toEqual([]);
          expect(slowest).toBeLessThan(EXPORT_TIMEOUT / 2);
        }
      },
    );

    /** Whether mcpspan has said three times that it cannot export: for each outage once. */
    const unexported = async (): Promise<boolean> =>
      [...(await logOf('mcpspan')).matchAll(/spans cannot be exported/g)].length === 3;
  });
});
