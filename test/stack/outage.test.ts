import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startPlainServer, type PlainServer } from '../e2e/plain-server.ts';
import { callOnAndOn, spansOf, type CallerReport } from './support/caller.ts';
import { openCollector, startCollector, type Backends, type Collector } from './support/collector.ts';
import { eventually } from './support/eventually.ts';
import { startJaeger, type Jaeger } from './support/jaeger.ts';
import { startMcpspan, type Mcpspan } from './support/mcpspan.ts';
import { startPrometheus, sumOf, type Prometheus } from './support/prometheus.ts';
import { scratch } from './support/scratch.ts';

// The collector is killed under traffic and comes back: what becomes of the calls, and of the spans?

/** Longer by hand: what is true of twenty seconds is to be true of five minutes. */
const OUTAGE_SECONDS = Number(process.env['MCPSPAN_TEST_OUTAGE_SECONDS'] ?? '20');
/** Attempts are up to 36 s apart after a while, and each may take ten. */
const BACK_WITHIN_SECONDS = 90;
/** Larger batches than elsewhere: what waited is sent again one batch every 50 ms at most. */
const BATCHED = { OTEL_BSP_SCHEDULE_DELAY: '1000' };
/** An attempt to export takes this long to fail: a call that waited for it would be as slow. */
const EXPORT_TIMEOUT = 10_000;

let stack: AsyncDisposableStack;
let server: PlainServer;
let jaeger: Jaeger;
let prometheus: Prometheus;
let collector: Collector;
let backends: Backends;

beforeEach(async () => {
  reports.length = 0;
  stack = new AsyncDisposableStack();
  server = stack.use(await startPlainServer());
  jaeger = stack.use(await startJaeger());
  prometheus = stack.use(await startPrometheus());
  backends = { jaeger: jaeger.otlp, prometheus: prometheus.otlp };
  collector = stack.use(await openCollector(backends));
});
afterEach(() => stack.disposeAsync());

const linesAbout = (mcpspan: Mcpspan, what: string): string[] =>
  mcpspan
    .log()
    .split('\n')
    .filter((line) => line.startsWith('mcpspan: ') && line.includes(` ${what} `) && !line.includes('another run'));

const said = (mcpspan: Mcpspan, text: string): Promise<true> =>
  eventually(
    `mcpspan says: ${text}`,
    async () => (mcpspan.log().includes(text) ? true : undefined),
    BACK_WITHIN_SECONDS,
  );

const reports: CallerReport[] = [];

/** Calls go on until something has happened. */
async function callThrough(mcpspan: Mcpspan, meanwhile: () => Promise<unknown>): Promise<void> {
  let over = false;
  const calling = callOnAndOn(mcpspan.url, { callsInSession: 3, pause: 50, goOn: () => !over });
  try {
    await meanwhile();
  } finally {
    over = true;
    reports.push(await calling);
  }
}

const spanIds = async (): Promise<Set<string>> =>
  new Set((await jaeger.find({})).flatMap(({ spans }) => spans.map(({ spanID }) => spanID)));

it(
  'calls go on as ever, and all spans arrive later, also those that waited while mcpspan was restarted',
  { timeout: (OUTAGE_SECONDS + 2 * BACK_WITHIN_SECONDS) * 1_000 },
  async () => {
    const spool = stack.use(await scratch('spool'));
    const args = ['--name', 'plain', '--spool', spool.folder];
    const begin = async (): Promise<Mcpspan> => stack.use(await startMcpspan(server.url, collector, args, BATCHED));
    const first = await begin();
    await callThrough(first, async () => {
      await eventually('the first spans', async () => ((await spanIds()).size > 0 ? true : undefined));
      collector.kill('SIGKILL');
      await collector.ended;
      await Promise.all([sleep(OUTAGE_SECONDS * 500), said(first, 'spans cannot be exported')]);
    });
    await first.stop();

    const second = await begin();
    await callThrough(second, async () => {
      await Promise.all([sleep(OUTAGE_SECONDS * 500), said(second, 'spans cannot be exported')]);
      collector = stack.use(await startCollector(collector.place, backends));
      await said(second, 'spans reach');
    });

    await eventually(
      `${spansOf(reports)} spans`,
      async () => {
        const { size } = await spanIds();
        if (size === spansOf(reports)) return true;
        throw new Error(`there are ${size}`);
      },
      BACK_WITHIN_SECONDS,
    );
    for (const { failed, slowest } of reports) {
      expect(failed).toEqual([]);
      expect(slowest).toBeLessThan(EXPORT_TIMEOUT / 2);
    }
    expect(linesAbout(first, 'spans').map(withoutFigures)).toEqual([
      'mcpspan: spans cannot be exported to URL: ECONNREFUSED; traffic goes on',
      'mcpspan: N spans wait in the spool for the next start',
    ]);
    expect(linesAbout(second, 'spans').map(withoutFigures)).toEqual([
      'mcpspan: spans cannot be exported to URL: ECONNREFUSED; traffic goes on',
      'mcpspan: spans reach URL again after N s: 0 lost, N late',
    ]);
  },
);

it(
  'what found no room in the spool is counted, to the span',
  { timeout: 3 * BACK_WITHIN_SECONDS * 1_000 },
  async () => {
    const callers = 16;
    const callsInSession = 200;
    const mcpspan = stack.use(await startMcpspan(server.url, collector, ['--name', 'plain', '--spool-max-mb', '1']));
    collector.kill('SIGKILL');
    await collector.ended;

    // More than a megabyte, however small a span is.
    while (spansOf(reports) < 12_000) {
      const round = Array.from({ length: callers }, () => {
        let sessions = 0;
        return callOnAndOn(mcpspan.url, { callsInSession, goOn: () => sessions++ === 0 });
      });
      reports.push(...(await Promise.all(round)));
    }
    await said(mcpspan, 'spans cannot be exported');
    await callThrough(mcpspan, async () => {
      collector = stack.use(await startCollector(collector.place, backends));
      await said(mcpspan, 'spans reach');
    });

    const told = [...mcpspan.log().matchAll(/spans reach .* (\d+) lost/g)];
    const lost = told.reduce((sum, [, count]) => sum + Number(count), 0);
    expect(lost).toBeGreaterThan(0);
    await eventually(`${spansOf(reports)} spans but ${lost}`, async () => {
      const { size } = await spanIds();
      if (size + lost === spansOf(reports)) return true;
      throw new Error(`there are ${size}`);
    });
    await eventually('the same in Prometheus', async () => {
      const counted = sumOf(await prometheus.query('mcpspan_self_items_lost_total{mcpspan_signal="spans"}'));
      return counted === lost ? true : undefined;
    });
    expect(reports.flatMap(({ failed }) => failed)).toEqual([]);
  },
);

/** A line for people, without what differs from run to run; `0 lost` stays. */
function withoutFigures(line: string): string {
  return line
    .replaceAll(/http:\S+ \(\S+\)/g, 'URL')
    .replaceAll(/ECONNREFUSED connect \S+ \S+;/g, 'ECONNREFUSED;')
    .replaceAll(/\b[1-9]\d*\b/g, 'N');
}
