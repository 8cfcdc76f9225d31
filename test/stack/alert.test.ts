import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prometheusRules } from '../../grafana/alerts/prometheus.ts';
import { RULE_GROUPS } from '../../grafana/alerts/rules.ts';
import { play } from '../../src/simulator/player.ts';
import { profiles } from '../../src/simulator/profiles.ts';
import { startSimulatedServer } from '../../src/simulator/server.ts';
import { neverReturns } from '../../src/simulator/sign-in-profiles.ts';
import { SIGN_IN_PATH } from '../../src/simulator/sign-in.ts';
import { startAlertmanager, type Alert, type Alertmanager } from './support/alertmanager.ts';
import { openCollector, startCollector, type Collector } from './support/collector.ts';
import { eventually } from './support/eventually.ts';
import { startMcpspan, type Mcpspan } from './support/mcpspan.ts';
import { startPrometheus, sumOf, type Prometheus } from './support/prometheus.ts';

// Traffic → mcpspan → collector → Prometheus with our rules → Alertmanager: does it say who, and does it stop?

/** Clients play, and rules look back, so many times faster than life: a minute is two seconds. */
const FASTER = 30;
/** Rounds of two minutes each. */
const TEN_MINUTES = 5;

const stack = new AsyncDisposableStack();
const stop = new AbortController();
let alertmanager: Alertmanager;
let prometheus: Prometheus;
let collector: Collector;
let mcpspan: Mcpspan;
let upstream: string;

beforeAll(async () => {
  alertmanager = stack.use(await startAlertmanager());
  prometheus = stack.use(
    await startPrometheus({ alertmanager: alertmanager.address, rules: prometheusRules(RULE_GROUPS, FASTER) }),
  );
  collector = stack.use(await openCollector({ prometheus: prometheus.otlp }));
  const server = await startSimulatedServer({});
  stack.defer(() => server.close());
  upstream = server.url;
  mcpspan = stack.use(
    await startMcpspan(server.url, collector, ['--name', 'quiz', '--idle-seconds', String(600 / FASTER)]),
  );
  const keeps = playing('claude-2026-03', undefined);
  stack.defer(async () => {
    stop.abort();
    await keeps;
  });
});
afterAll(() => stack.disposeAsync());

const playing = (name: string, rounds: number | undefined): Promise<unknown> =>
  play({
    url: mcpspan.url,
    profiles: profiles.filter((profile) => profile.name === name),
    speed: FASTER,
    seed: 1,
    rounds,
    signal: stop.signal,
  });

/** Alerts that name this client, all along. */
const about = new Map<string | undefined, Set<string | undefined>>();
const named = async (alertname: string): Promise<readonly Alert[]> => {
  const alerts = await alertmanager.alerts();
  for (const { labels } of alerts) {
    const client = labels['mcpspan_client'];
    about.set(client, (about.get(client) ?? new Set()).add(labels['alertname']));
  }
  return alerts.filter(({ labels }) => labels['alertname'] === alertname);
};

it('Prometheus takes every rule', async () => {
  const rules = await eventually('all rules evaluated', async () => {
    const all = await prometheus.rules();
    return all.length > 0 && all.every(({ health }) => health !== 'unknown') ? all : undefined;
  });
  expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
});

describe('a client that shakes hands for every call', () => {
  it('is named by an alert, and the client beside it that keeps its session is not', async () => {
    const playedThrough = playing('chatgpt-2025', TEN_MINUTES);
    const [alert, ...others] = await eventually('the alert', async () => {
      const found = await named('McpHandshakePerCall');
      return found.length > 0 ? found : undefined;
    });
    await playedThrough;
    expect(others).toEqual([]);
    expect(alert?.labels).toMatchObject({ mcpspan_client: 'chatgpt', mcpspan_server: 'quiz', severity: 'warning' });
    expect(alert?.annotations['summary']).toMatch(/^chatgpt handshakes for every tool call on quiz: \d\.\d\d/);
    expect(alert?.annotations['dashboard_url']).toContain('var-server=quiz&var-client=chatgpt');
  });

  it('is no longer named once it stops', async () => {
    await eventually(
      'no alert',
      async () => ((await named('McpHandshakePerCall')).length === 0 ? true : undefined),
      60,
    );
    const ratio = 'client:mcpspan_handshakes_per_tool_call:ratio15m{mcpspan_client="claude.ai"}';
    const [sample] = await prometheus.query(ratio);
    expect(sample?.value).toBeLessThan(0.3);
    expect(about.get('claude.ai')).toBeUndefined();
    expect(about.get('chatgpt')).toEqual(new Set(['McpHandshakePerCall']));
  });
});

describe('a client that gets a token and never comes back with it', () => {
  it('is named by an alert that says what to do, and nobody else is', async () => {
    // An attempt is over after two seconds of silence; those that follow sooner are not told apart.
    await using quick = await startMcpspan(upstream, collector, ['--name', 'quiz', '--idle-seconds', '2']);
    const url = new URL(SIGN_IN_PATH, quick.url).href;
    for (let attempt = 1; attempt <= 5; attempt++) {
      await play({ url, profiles: [neverReturns], speed: FASTER, seed: attempt, rounds: 1 });
      await eventually(`${attempt} attempts that are over`, async () => {
        const over = await prometheus.query('mcpspan_connect_ended_total{mcpspan_client="never-returns"}');
        return sumOf(over) === attempt ? true : undefined;
      });
    }
    const [alert, ...others] = await eventually(
      'the alert',
      async () => {
        const found = await named('McpNobodyArrives');
        return found.length > 0 ? found : undefined;
      },
      90,
    );
    expect(others).toEqual([]);
    expect(alert?.labels).toMatchObject({
      mcpspan_client: 'never-returns',
      mcpspan_server: 'quiz',
      severity: 'warning',
    });
    expect(alert?.annotations['summary']).toMatch(/^never-returns cannot connect to quiz: \d+ attempts in an hour/);
    expect(alert?.annotations['description']).toContain('mcpspan journeys --client never-returns');
  });
});

describe('a collector that is gone', () => {
  it('is told of by an alert that does not travel through it', async () => {
    collector.kill('SIGKILL');
    await collector.ended;
    const [alert] = await eventually('the alert', async () => {
      const found = await named('McpspanSilent');
      return found.length > 0 ? found : undefined;
    });
    expect(alert?.labels).toMatchObject({ mcpspan_server: 'quiz', severity: 'critical' });
  });

  it('and the alert ends when it is back', async () => {
    collector = stack.use(await startCollector(collector.place, { prometheus: prometheus.otlp }));
    await eventually('no alert', async () => ((await named('McpspanSilent')).length === 0 ? true : undefined), 60);
  });
});
