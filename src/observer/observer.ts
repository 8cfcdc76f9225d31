import { parentPort, workerData } from 'node:worker_threads';
import { aboutProcess } from './about-process.ts';
import { clientReports } from './client-report.ts';
import { openRecord, spoolOf } from './record.ts';
import type { FromObserver, ObserverData, ToObserver } from './setup.ts';
import { openPage } from '../viewer/open-page.ts';
import { isExporting } from '../settings/signals.ts';
import { ExchangeReader } from '../observe/exchanges.ts';
import { createConversationFinder } from '../session/conversation.ts';
import type { SessionEvent } from '../session/event.ts';
import { Tally } from '../session/tally.ts';
import { Tracker } from '../session/tracker.ts';
import { createLogEvents, createLogSink } from '../telemetry/logs.ts';
import { MetricSink } from '../telemetry/metrics.ts';
import { Privacy } from '../session/privacy.ts';
import type { Sdk } from '../telemetry/sdk.ts';
import { SelfCounters } from '../telemetry/self.ts';
import { EVENT } from '../telemetry/semconv.ts';
import { createSpanSink } from '../telemetry/spans.ts';
import { now } from '../transport/clock.ts';
import { RingReader } from '../transport/wire/ring-reader.ts';
import { createSampler } from '../transport/trace/sampling.ts';
import { Slots } from '../transport/wire/slots.ts';
import type { Tap } from '../transport/wire/wire-event.ts';

/** Records handled before the thread looks after its other work. */
const MAX_RECORDS_PER_ROUND = 512;
/**
 * Pauses between rounds, in milliseconds. Sleeping until there is something to read is for idle times: each sleep leaves
 * a timer behind, which cost 30 µs a request when it was entered at every empty round.
 */
const MIN_PAUSE_MS = 2;
const MAX_PAUSE_MS = 64;
const MAX_SLEEP_MS = 1_000;
const SKEW_CHECK_MS = 10_000;
/** To say what was not delivered, at the end, in milliseconds. */
const FINAL_REPORT_MS = 100;
const LOST = { spans: 'spansLost', logs: 'logsLost' } as const;

// The shape of what supervisor.ts hands to the thread.
const data = workerData as ObserverData;
const port = parentPort;
if (port === null) throw new Error('observer.ts runs as a thread of proxy.ts');
const tell = (message: FromObserver): void => port.postMessage(message);
const say = (line: string): void => tell({ kind: 'say', line });

const { settings } = data;
const self = new SelfCounters(data.selfCounters);
const readers = data.rings.map((ring) => new RingReader(ring));
const privacy = new Privacy({
  capture: settings.capture,
  hashIds: settings['hash-ids'],
  upstreamPath: data.upstream.path,
});

let log: ReturnType<typeof createLogEvents> | undefined;
const sdk = await openSdk();

let skew = 0;
const record = await openRecord(settings, {
  server: data.server,
  privacy,
  skew: () => skew,
  say,
  onLost: (operations) => self.add('operationsNotStored', operations),
  process: { about: aboutProcess(data, Date.now()), figures: ownFigures },
});
const store = record?.store;
const sinks: ((event: SessionEvent) => void)[] = [];
const tally = new Tally();
const tracker = new Tracker({
  server: data.server,
  instance: data.instance,
  traceParent: settings['trace-parent'],
  segmentOperations: settings['segment-operations'],
  segmentSeconds: settings['segment-seconds'],
  group: settings.group,
  listensOnLoopback: data.listensOnLoopback,
  idleSeconds: settings['idle-seconds'],
  maxSessions: settings['max-sessions'],
  maxClients: settings['max-clients'],
  maxTools: settings['max-tools'],
  tools: [...settings.tools, ...(store?.remembered.tools ?? [])],
  emit: (event) => {
    for (const sink of sinks) sink(event);
  },
  onFolded: () => self.add('labelsFolded'),
  onWithheld: () => self.add('tracesWithheld'),
  legs: settings.spans === 'server+client',
  surface: store !== undefined,
  findConversation: createConversationFinder(settings['conversation-key']),
  capture: { arguments: settings.capture.includes('arguments'), results: settings.capture.includes('results') },
});

if (store !== undefined) {
  tracker.registry.clients.remember(store.remembered.clients);
  store.ask(() => tracker.registry.clients.states());
  sinks.push((event) => store.take(event));
}

const checkSkew = (): void => {
  const ahead = Date.now() - now();
  // The wall clock counts whole milliseconds: less than two is no news.
  skew = Math.abs(ahead) < 2 ? 0 : ahead;
};

if (sdk.spans !== undefined || store !== undefined) {
  checkSkew();
  setInterval(checkSkew, SKEW_CHECK_MS).unref();
}
if (data.reports) sinks.push((event) => tally.take(event));
if (sdk.meter !== undefined) {
  const metrics = new MetricSink({
    meter: sdk.meter,
    server: data.server,
    onFolded: () => self.add('labelsFolded'),
    sessions: () => tracker.registry.live.values(),
    verdicts: () => tracker.registry.clients.verdicts(),
    now,
    self: {
      copiesDropped,
      observerRestarts: () => self.read('observerRestarts'),
      exportFailures: () => self.read('exportFailures'),
      labelsFolded: () => self.read('labelsFolded'),
      tracesWithheld: () => self.read('tracesWithheld'),
      itemsLost: () => ({
        spans: self.read('spansLost'),
        logs: self.read('logsLost'),
        ...(store !== undefined && { store: self.read('operationsNotStored') }),
      }),
      spoolItems: () => inSpool((signal) => sdk.spool?.items(signal)),
      spoolBytes: () => inSpool((signal) => sdk.spool?.bytes(signal)),
    },
  });
  sinks.push((event) => metrics.take(event));
}
if (sdk.logger !== undefined) {
  log = createLogEvents(sdk.logger, data.server);
  sinks.push(createLogSink(log));
  if (data.restarted > 0) log(EVENT.observerRestarted, {});
}
if (sdk.spans !== undefined) {
  const sampler = createSampler(data.sampler);
  sinks.push(
    createSpanSink({
      ...sdk.spans,
      server: { name: data.server, address: data.upstream.hostname, port: data.upstream.port },
      privacy,
      sampler,
      followsCaller: settings['trace-parent'] === 'caller',
      skew: () => skew,
    }),
  );
}

let stopping = false;
let faults = 0;
const slots = new Slots();
const reading = readers.map((reader) => {
  const exchanges = new ExchangeReader(
    (observation) => tracker.take(observation),
    settings['max-message-bytes'],
    slots,
  );
  const take: Tap = (event) => {
    try {
      exchanges.take(event);
    } catch (error) {
      fault(error);
    }
  };
  return { reader, take, done: read(reader, take) };
});

async function read(reader: RingReader, take: Tap): Promise<void> {
  let pause = MIN_PAUSE_MS;
  while (true) {
    const handled = reader.drain(take, MAX_RECORDS_PER_ROUND);
    if (handled === MAX_RECORDS_PER_ROUND) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    if (stopping) return;
    pause = handled > 0 ? MIN_PAUSE_MS : pause * 2;
    if (pause <= MAX_PAUSE_MS) await new Promise((resolve) => setTimeout(resolve, pause));
    else await reader.sleep(MAX_SLEEP_MS);
  }
}

function copiesDropped(): number {
  return readers.reduce((total, reader) => total + reader.counts().copiesDropped + reader.counts().exchangesDropped, 0);
}

/** `spansFailingSince` and the like, in milliseconds since the epoch. */
function failingSince(): Record<string, number> {
  return Object.fromEntries(Object.entries(sdk.failing()).map(([items, since]) => [`${items}FailingSince`, since]));
}

/** What the page says of this process: by names, what is missing is nothing. */
function ownFigures(): Record<string, number> {
  return {
    ...self.all(),
    copiesDropped: copiesDropped(),
    spansWaiting: sdk.spool?.items('spans') ?? 0,
    logsWaiting: sdk.spool?.items('logs') ?? 0,
    ...failingSince(),
  };
}

/** The SDK is loaded only where something is exported: it costs 30 MB. */
async function openSdk(): Promise<Sdk> {
  if (!isExporting(data.signals)) {
    return {
      spans: undefined,
      meter: undefined,
      logger: undefined,
      spool: undefined,
      failing: () => ({}),
      shutdown: () => Promise.resolve(),
    };
  }
  const { startSdk } = await import('../telemetry/sdk.ts');
  return startSdk({
    signals: data.signals,
    serviceName: data.serviceName,
    serviceNameWins: data.serviceNameWins,
    version: data.version,
    instance: data.instance,
    say,
    spool: spoolOf(settings),
    onExportFailed: () => self.add('exportFailures'),
    onLost: (signal, items) => signal !== 'metrics' && self.add(LOST[signal], items),
    log: () => log,
  });
}

/** A bug of ours: the exchange is lost to us, never to its client. Said once. */
function fault(error: unknown): void {
  faults++;
  tracker.note('observer-fault');
  if (faults === 1)
    say(
      `the observer stumbled (${error instanceof Error ? (error.stack ?? error.message) : String(error)}); traffic goes on`,
    );
}

const sweepEvery = Math.max(50, Math.min(1_000, settings['idle-seconds'] * 250));
/** An observer before this one has told of these. */
let trailers = readers.reduce((total, reader) => total + reader.counts().trailersDropped, 0);
const sweeper = setInterval(() => {
  tracker.sweep(now());
  const dropped = readers.reduce((total, reader) => total + reader.counts().trailersDropped, 0);
  for (; trailers < dropped; trailers++) tracker.note('request-trailers');
}, sweepEvery);

const page = await openPage(record?.readBy, { ...settings, notice: data.notice }, { say, wallClock: Date.now });

port.on('message', (message: ToObserver) => {
  if (message.kind === 'report') {
    for (const { take, reader } of reading) while (reader.drain(take, MAX_RECORDS_PER_ROUND) > 0);
    tell({ kind: 'report', clients: clientReports(tally.all(), (client) => tracker.registry.clients.verdict(client)) });
  } else void stop(message.milliseconds);
});
tell({ kind: 'ready', page: page?.url });

/** Ends sessions and flushes, in the time there is. */
async function stop(milliseconds: number): Promise<void> {
  stopping = true;
  const until = performance.now() + milliseconds - FINAL_REPORT_MS;
  clearInterval(sweeper);
  page?.close();
  for (const { reader } of reading) reader.wake();
  const finished = Promise.all(reading.map(({ done }) => done)).then(() => {
    tracker.shutdown(now());
    store?.close();
    return sdk.shutdown(Math.max(0, until - performance.now()));
  });
  let deadline: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    deadline = setTimeout(() => resolve('late'), milliseconds);
  });
  if ((await Promise.race([finished, late])) === 'late') {
    self.add('exportFailures');
    say('telemetry could not be flushed in time');
  }
  clearTimeout(deadline);
  tell({ kind: 'stopped' });
  port?.close();
}

function inSpool(figure: (signal: 'spans' | 'logs') => number | undefined): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const signal of ['spans', 'logs'] as const) figures[signal] = figure(signal) ?? 0;
  return figures;
}
