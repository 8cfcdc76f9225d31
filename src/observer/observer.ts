import { parentPort, workerData } from 'node:worker_threads';
import { cutOffInWords, type CutOffRequest } from '../reading/cut-off-words.ts';
import { plain } from '../reading/plain.ts';
import { SelfCounters } from '../telemetry/self.ts';
import { now } from '../transport/clock.ts';
import { UPSTREAM_FAULTS } from '../transport/upstream-fault.ts';
import { RingReader } from '../transport/wire/ring-reader.ts';
import type { Tap } from '../transport/wire/wire-event.ts';
import { openPage } from '../viewer/open-page.ts';
import { createDispatch } from './dispatch.ts';
import { openExports } from './exports.ts';
import type { OpenServer } from './open-server.ts';
import { OpenServers } from './open-servers.ts';
import { openRecord } from './record.ts';
import type { FromObserver, ObserverData, ToObserver } from './setup.ts';

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

const { settings } = data;
const self = new SelfCounters(data.selfCounters);
const readers = data.rings.map((ring) => new RingReader(ring));
const copiesDropped = (): number =>
  readers.reduce((total, reader) => total + reader.counts().copiesDropped + reader.counts().exchangesDropped, 0);

let skewMs = 0;
const skew = (): number => skewMs;
const exports = await openExports(data, { self, say, wallClock: Date.now });
const record = await openRecord(data, {
  skew,
  say,
  onLost: (operations) => self.add('operationsNotStored', operations),
  startedAt: Date.now(),
  figures: () => ({ ...self.all(), copiesDropped: copiesDropped(), ...exports.figures() }),
});
exports.observeSelf({ copiesDropped, hasStore: record !== undefined });
// As many as were in flight at the end.
const cutOff: CutOffRequest[] = [];
const servers = new OpenServers({
  settings,
  instance: data.instance,
  exports,
  record,
  self,
  relays: readers.length,
  skew,
  say,
  onCutOff: (request) => void cutOff.push(request),
});
servers.open(data.servers);

const checkSkew = (): void => {
  const ahead = Date.now() - now();
  // The wall clock has a resolution of one millisecond, so a difference below two means nothing.
  skewMs = Math.abs(ahead) < 2 ? 0 : ahead;
};
if (exports.needsWallClock || record !== undefined) {
  checkSkew();
  setInterval(checkSkew, SKEW_CHECK_MS).unref();
}

let stopping = false;
let faults = 0;
const serverOf = (index: number | undefined): OpenServer | undefined => servers.of(index);
/** By relay: when its ring was last found empty. */
const readUntil = readers.map(() => 0);
const reading = readers.map((reader, relay) => read(reader, relay, createDispatch(relay, { serverOf, onFault })));

async function read(reader: RingReader, relay: number, take: Tap): Promise<void> {
  let pause = MIN_PAUSE_MS;
  while (true) {
    const at = now();
    const handled = reader.drain(take, MAX_RECORDS_PER_ROUND);
    if (handled === MAX_RECORDS_PER_ROUND) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    readUntil[relay] = at;
    if (stopping) return;
    pause = handled > 0 ? MIN_PAUSE_MS : pause * 2;
    if (pause <= MAX_PAUSE_MS) await new Promise((resolve) => setTimeout(resolve, pause));
    else await reader.sleep(MAX_SLEEP_MS);
  }
}

/** Reports a bug of ours, once. We lose the exchange; its client does not. */
function onFault(server: OpenServer, error: unknown): void {
  faults++;
  server.noteFault();
  if (faults === 1)
    say(
      `the observer failed at an event (${error instanceof Error ? (error.stack ?? error.message) : String(error)}); traffic goes on`,
    );
}

const shortestIdle = Math.min(...data.servers.map((server) => server.settings['idle-seconds']));
const sweepEvery = Math.max(50, Math.min(1_000, shortestIdle * 250));
const sweeper = setInterval(() => servers.sweep(now(), Math.min(...readUntil)), sweepEvery);

const page = await openPage(record?.readBy, { ...settings, notice: data.notice }, { say, wallClock: Date.now });

port.on('message', (message: ToObserver) => {
  switch (message.kind) {
    case 'stop':
      void stop(message.milliseconds);
      break;
    case 'open':
      servers.open(message.servers);
      send({ kind: 'opened' });
      break;
    case 'retire':
      servers.retire(message.servers, now());
      break;
    case 'upstream-unreached':
      servers.of(message.server)?.upstream?.unreached(now(), UPSTREAM_FAULTS[message.fault]);
      break;
    case 'upstream-reached':
      servers.of(message.server)?.upstream?.reached(now());
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
    servers.close(now());
    record?.close();
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
