import { setTimeout as sleep } from 'node:timers/promises';
import type { Manner } from '../../simulator/profile.ts';
import type { SimulatedClient } from '../../simulator/client.ts';
import { modernised } from '../../simulator/catalogue.ts';
import { ascending, quantile } from '../../store/quantile.ts';
import type { Survey } from './survey.ts';
import { outcomeOf } from './call-outcome.ts';
import type { Connections } from '../target/connections.ts';
import { now } from '../../transport/clock.ts';

/** What a server's sessions cost, and how they end. */
export interface Measures {
  readonly handshakes:
    | { readonly method: string; readonly count: number; readonly p50Ms: number; readonly p95Ms: number }
    | undefined;
  /** Undefined: the server gives no session ids. */
  readonly sessions:
    | {
        /** Opened one after the other, and not ended. */
        readonly opened: number;
        /** How many of these still answered at the end. */
        readonly answering: number;
        /** The answer to DELETE. */
        readonly deleteStatus: number | undefined;
        /** Whether a deleted session still answers; undefined: the server refuses DELETE. */
        readonly outlivesDelete: boolean | undefined;
      }
    | undefined;
  readonly atOnce: {
    readonly clients: number;
    readonly answered: number;
    readonly distinctIds: number;
    readonly said: string | undefined;
  };
  /** The HTTP status for a session id that never existed; undefined: no answer, or no sessions. */
  readonly deadSession: number | undefined;
  /** The answer to GET, with a session id where the server gives ids. */
  readonly get: { readonly status: number; readonly stream: boolean } | undefined;
}

/** No more handshakes are made after this time, once there are `MIN_HANDSHAKES`. */
const HANDSHAKE_BUDGET_MS = 10_000;
const MIN_HANDSHAKES = 5;
const SESSIONS_AT_ONCE = 5;

export async function measure(
  connections: Connections,
  survey: Survey,
  manner: Manner,
  count: number,
  onStep: (what: string) => void,
): Promise<Measures> {
  const legacy = survey.legacy !== undefined;
  const spoken: Manner = legacy ? { ...manner, era: 'legacy' } : modernised(manner);
  const left = await leaveOpen(connections, spoken, count, (done) => onStep(`handshake ${done} of ${count}`));
  onStep('sessions at once');
  const atOnce = await openAtOnce(connections, spoken);
  onStep('a session id that never existed');
  const deadSession = survey.legacy?.givesSessions === true ? await askDead(connections, manner) : undefined;
  onStep('GET');
  const get = await askGet(connections, spoken);
  const times = ascending(left.times);
  return {
    handshakes:
      times.length === 0
        ? undefined
        : {
            method: legacy ? 'initialize' : 'server/discover',
            count: times.length,
            p50Ms: quantile(times, 0.5) ?? 0,
            p95Ms: quantile(times, 0.95) ?? 0,
          },
    sessions: left.sessions,
    atOnce,
    deadSession,
    get,
  };
}

/** Opens sessions without ending them, then finds out which still answer. */
async function leaveOpen(
  connections: Connections,
  manner: Manner,
  count: number,
  onHandshake: (done: number) => void,
): Promise<{ times: readonly number[]; sessions: Measures['sessions'] }> {
  const conversation = connections.converse('left open', 'shared');
  const times: number[] = [];
  const clients: SimulatedClient[] = [];
  const from = now();
  try {
    while (times.length < count && !connections.signal.aborted) {
      if (times.length >= MIN_HANDSHAKES && now() - from > HANDSHAKE_BUDGET_MS) break;
      const client = conversation.connect(manner);
      const reply = manner.era === 'modern' ? await client.ask('server/discover') : await client.open('new');
      if (outcomeOf(reply, true).kind !== 'result') break;
      times.push(reply.ms);
      if (client.sessionId() !== undefined) clients.push(client);
      onHandshake(times.length);
    }
    const [first] = clients;
    if (first === undefined) return { times, sessions: undefined };
    let answering = 0;
    for (const client of clients) if (await answers(client)) answering += 1;
    return { times, sessions: { opened: clients.length, answering, ...(await deletion(connections, manner, first)) } };
  } finally {
    await conversation.end();
  }
}

const answers = async (client: SimulatedClient): Promise<boolean> => {
  const outcome = outcomeOf(await client.ask('ping'));
  return outcome.kind === 'result' || outcome.kind === 'error';
};

async function deletion(
  connections: Connections,
  manner: Manner,
  client: SimulatedClient,
): Promise<{ deleteStatus: number | undefined; outlivesDelete: boolean | undefined }> {
  const id = client.sessionId();
  const reply = await client.leave({ deleteSession: true });
  const deleteStatus = reply?.kind === 'answered' ? reply.status : undefined;
  if (id === undefined || deleteStatus === undefined || deleteStatus >= 300)
    return { deleteStatus, outlivesDelete: undefined };
  const status = await statusFor(connections, manner, id);
  return { deleteStatus, outlivesDelete: status === undefined ? undefined : status < 300 };
}

async function openAtOnce(connections: Connections, manner: Manner): Promise<Measures['atOnce']> {
  const conversation = connections.converse('at once');
  try {
    const results = await Promise.all(
      Array.from({ length: SESSIONS_AT_ONCE }, async () => {
        const client = conversation.connect(manner);
        if (manner.era === 'legacy') {
          const outcome = outcomeOf(await client.open('new'), true);
          if (outcome.kind !== 'result') return { id: undefined, said: saidOf(outcome) };
        }
        const outcome = outcomeOf(await client.ask('tools/list'));
        const fine = outcome.kind === 'result' || outcome.kind === 'error';
        return { id: client.sessionId(), said: fine ? undefined : saidOf(outcome) };
      }),
    );
    const ids = results.flatMap(({ id }) => (id === undefined ? [] : [id]));
    return {
      clients: SESSIONS_AT_ONCE,
      answered: results.filter(({ said }) => said === undefined).length,
      distinctIds: new Set(ids).size,
      said: results.find(({ said }) => said !== undefined)?.said,
    };
  } finally {
    await conversation.end();
  }
}

const saidOf = (outcome: ReturnType<typeof outcomeOf>): string =>
  outcome.kind === 'result' ? '' : 'status' in outcome ? `HTTP ${outcome.status}: ${outcome.said}` : outcome.said;

const askDead = (connections: Connections, manner: Manner): Promise<number | undefined> =>
  statusFor(connections, manner, '00000000-0000-4000-8000-000000000000');

/** The HTTP status that a request with this session id gets. */
async function statusFor(connections: Connections, manner: Manner, sessionId: string): Promise<number | undefined> {
  const raw = connections.rawRequests(manner, sessionId);
  const reply = await raw.post('tools/list');
  await raw.end();
  return reply.kind === 'answered' ? reply.status : undefined;
}

/** A server may send the head of a stream only with the first event: no longer wait than this. */
const STREAM_PATIENCE_MS = 2_000;

async function askGet(connections: Connections, manner: Manner): Promise<Measures['get']> {
  const conversation = connections.converse('get');
  const client = conversation.connect(manner);
  if (manner.era === 'legacy') await client.open('new');
  const raw = connections.rawRequests(manner, client.sessionId());
  const stream = raw.stream();
  const opened = await Promise.race([stream.opened, sleep(STREAM_PATIENCE_MS, undefined, { ref: false })]);
  await stream.close();
  await raw.end();
  await conversation.end();
  if (opened === undefined) return undefined;
  return { status: opened.status, stream: opened.contentType?.startsWith('text/event-stream') === true };
}
