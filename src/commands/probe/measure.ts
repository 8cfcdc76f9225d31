import { setTimeout as sleep } from 'node:timers/promises';
import type { Manner } from '../../simulator/profile.ts';
import type { SimulatedClient } from '../../simulator/client.ts';
import { modernised } from '../../simulator/catalogue.ts';
import type { Ground } from './survey.ts';
import { outcomeOf } from './outcome.ts';
import type { Stage } from '../target/connections.ts';
import { now } from '../../transport/clock.ts';

/** What a server's sessions cost, and what becomes of them. */
export interface Measures {
  readonly handshakes:
    | { readonly method: string; readonly count: number; readonly p50Ms: number; readonly p95Ms: number }
    | undefined;
  /** Undefined: the server gives no session ids. */
  readonly sessions:
    | {
        /** Opened one after the other and left alone. */
        readonly opened: number;
        /** Of these still answered at the end. */
        readonly answering: number;
        /** What DELETE is answered with. */
        readonly deleteStatus: number | undefined;
        /** A session that was deleted still answers; undefined: DELETE is refused. */
        readonly outlivesDelete: boolean | undefined;
      }
    | undefined;
  readonly atOnce: {
    readonly clients: number;
    readonly answered: number;
    readonly distinctIds: number;
    readonly said: string | undefined;
  };
  /** HTTP status for a session id that never was; undefined: no answer, or no sessions. */
  readonly deadSession: number | undefined;
  /** GET, with the id of a session where there is one. */
  readonly get: { readonly status: number; readonly stream: boolean } | undefined;
}

/** Handshakes are counted until then, in milliseconds; at least some. */
const HANDSHAKE_BUDGET_MS = 10_000;
const MIN_HANDSHAKES = 5;
const SESSIONS_AT_ONCE = 5;

export async function measure(
  stage: Stage,
  ground: Ground,
  manner: Manner,
  count: number,
  onStep: (what: string) => void,
): Promise<Measures> {
  const legacy = ground.legacy !== undefined;
  const spoken: Manner = legacy ? { ...manner, era: 'legacy' } : modernised(manner);
  const left = await leaveOpen(stage, spoken, count, (done) => onStep(`handshake ${done} of ${count}`));
  onStep('sessions at once');
  const atOnce = await openAtOnce(stage, spoken);
  onStep('a session id that never was');
  const deadSession = ground.legacy?.givesSessions === true ? await askDead(stage, manner) : undefined;
  onStep('GET');
  const get = await askGet(stage, spoken);
  const times = left.times.toSorted((a, b) => a - b);
  return {
    handshakes:
      times.length === 0
        ? undefined
        : {
            method: legacy ? 'initialize' : 'server/discover',
            count: times.length,
            p50Ms: quantile(times, 0.5),
            p95Ms: quantile(times, 0.95),
          },
    sessions: left.sessions,
    atOnce,
    deadSession,
    get,
  };
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? 0;

/** Opens sessions without ending them, and then looks which still answer. */
async function leaveOpen(
  stage: Stage,
  manner: Manner,
  count: number,
  onHandshake: (done: number) => void,
): Promise<{ times: readonly number[]; sessions: Measures['sessions'] }> {
  const conversation = stage.converse('left open', 'shared');
  const times: number[] = [];
  const clients: SimulatedClient[] = [];
  const from = now();
  try {
    while (times.length < count && !stage.signal.aborted) {
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
    return { times, sessions: { opened: clients.length, answering, ...(await deletion(stage, manner, first)) } };
  } finally {
    await conversation.end();
  }
}

const answers = async (client: SimulatedClient): Promise<boolean> => {
  const outcome = outcomeOf(await client.ask('ping'));
  return outcome.kind === 'result' || outcome.kind === 'error';
};

async function deletion(
  stage: Stage,
  manner: Manner,
  client: SimulatedClient,
): Promise<{ deleteStatus: number | undefined; outlivesDelete: boolean | undefined }> {
  const id = client.sessionId();
  const reply = await client.leave({ deleteSession: true });
  const deleteStatus = reply?.kind === 'answered' ? reply.status : undefined;
  if (id === undefined || deleteStatus === undefined || deleteStatus >= 300)
    return { deleteStatus, outlivesDelete: undefined };
  const status = await statusFor(stage, manner, id);
  return { deleteStatus, outlivesDelete: status === undefined ? undefined : status < 300 };
}

async function openAtOnce(stage: Stage, manner: Manner): Promise<Measures['atOnce']> {
  const conversation = stage.converse('at once');
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

const askDead = (stage: Stage, manner: Manner): Promise<number | undefined> =>
  statusFor(stage, manner, '00000000-0000-4000-8000-000000000000');

/** The HTTP status that a request with this session id gets. */
async function statusFor(stage: Stage, manner: Manner, sessionId: string): Promise<number | undefined> {
  const odd = stage.oddly(manner, sessionId);
  const reply = await odd.post('tools/list');
  await odd.end();
  return reply.kind === 'answered' ? reply.status : undefined;
}

/** A server may wait with the head of a stream until there is an event, in milliseconds. */
const STREAM_PATIENCE_MS = 2_000;

async function askGet(stage: Stage, manner: Manner): Promise<Measures['get']> {
  const conversation = stage.converse('get');
  const client = conversation.connect(manner);
  if (manner.era === 'legacy') await client.open('new');
  const odd = stage.oddly(manner, client.sessionId());
  const stream = odd.stream();
  const opened = await Promise.race([stream.opened, sleep(STREAM_PATIENCE_MS, undefined, { ref: false })]);
  await stream.close();
  await odd.end();
  await conversation.end();
  if (opened === undefined) return undefined;
  return { status: opened.status, stream: opened.contentType?.startsWith('text/event-stream') === true };
}
