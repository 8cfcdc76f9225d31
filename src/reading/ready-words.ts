import type { ReadyClient, ReadyFigures } from '../store/ready-figures.ts';
import type { StoredProof } from '../store/proof-rows.ts';
import { count, counted, dateTime, duration, percent } from './figures.ts';
import { LINT_WORDS, lintInWords } from './lint-words.ts';

/** `unknown`: too little traffic, or too short a time, to say yes or no. */
export type ReadyAnswer = 'yes' | 'no' | 'unknown';

/** Something, and what to do about it. Names in it are as they were recorded. */
export interface Point {
  readonly text: string;
  readonly todo: string;
}

/** How a client gets on with a server without sessions. */
export type ClientNeed =
  /** It speaks the revision without sessions. */
  | 'nothing'
  /** It asks for that revision first, and speaks it once the server does. */
  | 'the server'
  /** It names a session in its calls. */
  | 'a session'
  /** It names no session in its calls, but begins with `initialize`. */
  | 'initialize'
  /** It needs neither, but speaks an older revision. */
  | 'an older revision';

/** A client, and what it needs. */
export interface JudgedClient {
  readonly client: string;
  readonly needs: ClientNeed;
  readonly versions: readonly string[];
  /** Of the tool calls that still need it, or of all calls of a client that needs nothing. */
  readonly calls: number;
  /** Of all calls of the server. */
  readonly share: number | undefined;
  /** It sends a key that tells its conversations apart. */
  readonly sendsKey: boolean;
  /** When it was first and last seen to need it. Milliseconds since the epoch. */
  readonly firstAt: number | undefined;
  readonly lastAt: number | undefined;
}

/** Whether sessions can be switched off at a server. */
export interface Readiness {
  readonly server: string;
  readonly answer: ReadyAnswer;
  readonly sentence: string;
  /** What stands in the way; for `unknown`, what is known of it so far. */
  readonly obstacles: readonly Point[];
  /** What breaks the new revision, and what is worth knowing. It is no reason for a no. */
  readonly notes: readonly Point[];
  readonly clients: readonly JudgedClient[];
}

/** With fewer tool calls there is no answer. */
export const MIN_READY_CALLS = 20;
/** A client that comes once a day is seen in this time. Only a yes needs it. */
export const MIN_READY_SECONDS = 86_400;
const MAX_LINT = 12;
const REVISION = '2026-07-28';

/** The answer for one server, with its reasons. */
export function readiness(figures: ReadyFigures): Readiness {
  const { server, calls, firstAt, lastAt } = figures;
  const clients = figures.clients.map((client) => judged(client, figures));
  const obstacles = [
    ...serverObstacle(figures, clients),
    ...clients.flatMap((client) => clientObstacle(client)),
    ...figures.proofs.filter(({ verdict }) => verdict === 'depends').map(proofObstacle),
  ];
  const seconds = firstAt === undefined || lastAt === undefined ? 0 : (lastAt - firstAt) / 1_000;
  const tooFew = calls < MIN_READY_CALLS;
  const tooShort = obstacles.length === 0 && seconds < MIN_READY_SECONDS;
  const answer: ReadyAnswer = tooFew || tooShort ? 'unknown' : obstacles.length > 0 ? 'no' : 'yes';
  return {
    server,
    answer,
    sentence: sentenceFor(answer, figures, seconds, obstacles),
    obstacles,
    notes: notesOn(figures),
    clients,
  };
}

function sentenceFor(
  answer: ReadyAnswer,
  { calls, clients }: ReadyFigures,
  seconds: number,
  obstacles: readonly Point[],
): string {
  const seen = `${counted(calls, 'tool call')} in ${days(seconds)}`;
  switch (answer) {
    case 'yes':
      return `Yes: all ${counted(clients.length, 'client')} speak ${REVISION} (${seen}).`;
    case 'no':
      return `No: ${counted(obstacles.length, 'thing stands', 'things stand')} in the way (${seen}).`;
    case 'unknown':
      return `Not known yet: ${seen}. An answer needs ${count(MIN_READY_CALLS)} calls, and a yes also needs a day.`;
  }
}

/** `12 minutes` are less than a day: people read `0.1 days` as nothing. */
const days = (seconds: number): string =>
  seconds < MIN_READY_SECONDS ? duration(seconds) : `${(seconds / MIN_READY_SECONDS).toFixed(1)} days`;

function judged(client: ReadyClient, { calls, speaksModern }: ReadyFigures): JudgedClient {
  const needs = needOf(client, speaksModern === true);
  const { legacy, modern, callsWithKey } = client;
  const era = needs === 'nothing' ? modern : legacy;
  return {
    client: client.client,
    needs,
    versions: era.versions,
    calls: era.calls,
    share: calls === 0 ? undefined : era.calls / calls,
    sendsKey: callsWithKey > 0,
    firstAt: era.firstAt,
    lastAt: era.lastAt,
  };
}

function needOf({ legacy, callsInSessions, initializes, refusedDiscovers }: ReadyClient, speaks: boolean): ClientNeed {
  if (legacy.requests === 0) return 'nothing';
  // Each handshake follows a question that the server refused.
  if (!speaks && initializes > 0 && refusedDiscovers >= initializes) return 'the server';
  if (callsInSessions > 0) return 'a session';
  return initializes > 0 ? 'initialize' : 'an older revision';
}

function serverObstacle({ speaksModern }: ReadyFigures, clients: readonly JudgedClient[]): Point[] {
  if (speaksModern === true || clients.length === 0) return [];
  const waiting = clients.filter(({ needs }) => needs === 'the server').map(({ client }) => client);
  const gain = waiting.length === 0 ? '' : `; ${waiting.join(', ')} will then use it, without any change`;
  return [
    speaksModern === undefined
      ? {
          text: `nobody has asked this server for ${REVISION}, so it is not known whether it speaks it`,
          todo: 'ask it: mcpspan probe URL',
        }
      : {
          text: `the server does not speak ${REVISION}`,
          todo: `let it serve both revisions at one address (an SDK of 2026 does)${gain}`,
        },
  ];
}

const WORDS: Readonly<Record<Exclude<ClientNeed, 'nothing' | 'the server'>, string>> = {
  'a session': 'still names a session in its calls',
  initialize: 'still begins with initialize',
  'an older revision': 'still speaks an older revision, though it needs no session',
};

function clientObstacle({ client, needs, versions, calls, share, firstAt, lastAt, sendsKey }: JudgedClient): Point[] {
  if (needs === 'nothing' || needs === 'the server') return [];
  const version = versions.length === 0 ? '' : ` ${versions.join(', ')}`;
  const seen = firstAt === undefined || lastAt === undefined ? '' : `, ${period(dateTime(firstAt), dateTime(lastAt))}`;
  const key = sendsKey ? '; it sends a conversation key, so state can be kept by that meanwhile' : '';
  return [
    {
      text: `${client}${version} ${WORDS[needs]}: ${counted(calls, 'call')}, ${percent(share)} of all${seen}`,
      todo: `keep the older revisions for it until its vendor updates it${key}`,
    },
  ];
}

const period = (from: string, to: string): string => (from === to ? `at ${from}` : `from ${from} to ${to}`);

const MODES: Readonly<Record<string, string>> = {
  'no-session-id': 'without a session id',
  'session-per-call': 'in a session of its own',
  modern: `in ${REVISION}`,
  'connection-per-call': 'on a connection of its own',
};

const proofObstacle = ({ tool, mode, at }: StoredProof): Point => ({
  text: `${tool} answers differently ${MODES[mode] ?? 'without its session'} (mcpspan probe, ${dateTime(at)})`,
  todo: 'keep its state by something that stays: a user, a conversation key, or an id in its arguments; then probe again',
});

function notesOn({ lint, proofs, calls }: ReadyFigures): Point[] {
  const broken = lint.slice(0, MAX_LINT).map((each) => ({
    text: lintInWords(each),
    todo: `${LINT_WORDS[each.rule].cure} (${LINT_WORDS[each.rule].page})`,
  }));
  const more = lint.length - broken.length;
  const unproven = calls > 0 && proofs.length === 0;
  return [
    ...broken,
    ...(more > 0
      ? [
          {
            text: `${counted(more, 'more rule was', 'more rules were')} broken`,
            todo: 'see them: mcpspan ready --json',
          },
        ]
      : []),
    ...(unproven
      ? [
          {
            text: 'no tool was probed, so nothing proves that answers do not depend on the session',
            todo: 'prove it: mcpspan probe URL (--allow-writes also calls tools that change something)',
          },
        ]
      : []),
  ];
}

/** 0 yes, 1 no, 3 not known yet: of several servers the worst. */
export function readyExitCode(all: readonly Readiness[]): 0 | 1 | 3 {
  if (all.some(({ answer }) => answer === 'no')) return 1;
  return all.length === 0 || all.some(({ answer }) => answer === 'unknown') ? 3 : 0;
}
