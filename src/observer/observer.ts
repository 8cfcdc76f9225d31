import { parentPort, workerData } from 'node:worker_threads';
import { cutOffInWords, type CutOffRequest } from '../reading/cut-off-words.ts';
import { noticeInWords } from '../reading/notice-words.ts';
import { plain } from '../reading/plain.ts';
import { refusalInWords } from '../reading/refusal-words.ts';
import { Privacy } from '../session/privacy.ts';
import { SelfCounters } from '../telemetry/self.ts';
import { now } from '../transport/clock.ts';
import { UPSTREAM_FAULTS } from '../transport/upstream-fault.ts';
import { RingReader } from '../transport/wire/ring-reader.ts';
import type { Tap } from '../transport/wire/wire-event.ts';
import { openPage } from '../viewer/open-page.ts';
import { openExports } from './exports.ts';
import { createPipeline } from './pipeline.ts';
import { openRecord } from './record.ts';
import { UpstreamWatch } from './upstream-watch.ts';
import { originOf, type FromObserver, type ObserverData, type ToObserver } from './setup.ts';

/** How many records are handled before other work of the thread gets its turn. */
const MAX_RECORDS_PER_ROUND = 512;
/**
 * Pauses between rounds. Only an idle thread sleeps until there is something to read: each sleep leaves a timer behind,
 * which cost 30 µs per request when every empty round ended in a sleep.
 */
const MIN_PAUSE_MS = 2;
const MAX_PAUSE_MS = 64;
const MAX_SLEEP_MS = 1_000;
const SKEW_CHECK_MS = 10_000;
/** Kept at the end for the report of what was not delivered. */
const FINAL_REPORT_MS = 100;

// The shape of what supervisor.ts hands to the thread.
const data = workerData as ObserverData;
const port = parentPort;
if (port === null) throw new Error('observer.ts runs as a thread of proxy.ts');
const send = (message: FromObserver): void => port.postMessage(message);
const say = (line: string): void => send({ kind: 'say', line: line.split('\n').map(plain).join('\n') });

const { settings, server } = data;
let announce = (): void => undefined;
const http = server.kind === 'http' ? server : undefined;
const upstream = http === undefined ? undefined : new UpstreamWatch(originOf(http.upstream), say, () => announce());
const self = new SelfCounters(data.selfCounters);
const readers = data.rings.map((ring) => new RingReader(ring));
const privacy = new Privacy({
  capture: settings.capture,
  hashIds: settings['hash-ids'],
  upstreamPath: http?.upstream.path ?? '',
});
const copiesDropped = (): number =>
  readers.reduce((total, reader) => total + reader.counts().copiesDropped + reader.counts().exchangesDropped, 0);

let skewMs = 0;
const skew = (): number => skewMs;
const exports = await openExports(data, { self, say, wallClock: Date.now });
const record = await openRecord(data, {
  privacy,
  skew,
  say,
  onLost: (operations) => self.add('operationsNotStored', operations),
  startedAt: Date.now(),
  figures: () => ({ ...self.all(), copiesDropped: copiesDropped(), ...exports.figures(), ...upstream?.figures() }),
});
const store = record?.store;
announce = () => store?.announce();
const pipeline = createPipeline({
  settings,
  server: settings.name,
  instance: data.instance,
  listensOnLoopback: http?.listensOnLoopback === true,
  mcpPath: http?.upstream.path,
  store,
  surface: settings.signals.metrics !== undefined,
  exportsSpans: settings.signals.traces !== undefined,
  skew,
  onFolded: () => self.add('labelsFolded'),
  onWithheld: () => self.add('tracesWithheld'),
});
const { tracker, people } = pipeline;
const hasStore = store !== undefined;
// As many as were in flight at the end.
const cutOff: CutOffRequest[] = [];
pipeline.add((event) => {
  if (event.kind === 'cut-off') cutOff.push(event);
  else if (event.kind === 'notice') say(noticeInWords(event.what, event.detail));
  else if (event.kind === 'refused' && event.isNew) say(refusalInWords(event.status, event.text));
});
for (const sink of exports.sinks({ tracker, people, privacy, skew, copiesDropped, hasStore })) pipeline.add(sink);

const checkSkew = (): void => {
  const ahead = Date.now() - now();
  // The wall clock has a resolution of one millisecond, so a difference below two means nothing.
  skewMs = Math.abs(ahead) < 2 ? 0 : ahead;
};
if (exports.needsWallClock || hasStore) {
  checkSkew();
  setInterval(checkSkew, SKEW_CHECK_MS).unref();
}

let stopping = false;
let faults = 0;
const reading = readers.map((reader) => {
  const exchanges = pipeline.reader();
  const take: Tap = (event) => {
    try {
      exchanges.take(event);
      upstream?.take(event);
    } catch (error) {
      fault(error);
    }
  };
  return read(reader, take);
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

/** Reports a bug of ours, once. We lose the exchange; its client does not. */
function fault(error: unknown): void {
  faults++;
  tracker.note('observer-fault');
  if (faults === 1)
    say(
      `the observer failed at an event (${error instanceof Error ? (error.stack ?? error.message) : String(error)}); traffic goes on`,
    );
}

const sweepEvery = Math.max(50, Math.min(1_000, settings['idle-seconds'] * 250));
const sweeper = setInterval(() => tracker.sweep(now()), sweepEvery);

const page = await openPage(record?.readBy, { ...settings, notice: data.notice }, { say, wallClock: Date.now });

port.on('message', (message: ToObserver) => {
  switch (message.kind) {
    case 'stop':
      void stop(message.milliseconds);
      break;
    case 'upstream-unreached':
      upstream?.unreached(now(), UPSTREAM_FAULTS[message.fault]);
      break;
    case 'upstream-reached':
      upstream?.reached(now());
      break;
  }
});
send({ kind: 'ready', page: page?.url });

/** Ends sessions and flushes, within the given time. */
async function stop(milliseconds: number): Promise<void> {
  stopping = true;
  const until = performance.now() + milliseconds - FINAL_REPORT_MS;
  clearInterval(sweeper);
  page?.close();
  for (const reader of readers) reader.wake();
  const finished = Promise.all(reading).then(() => {
    if (cutOff.length > 0) say(cutOffInWords(cutOff, settings['drain-seconds']));
    tracker.shutdown(now());
    store?.close();
    return exports.shutdown(Math.max(0, until - performance.now()));
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
  send({ kind: 'stopped' });
  port?.close();
}
