import type { QuestionKind } from './api.ts';

/** A question of the page. */
export interface Question {
  kind: QuestionKind;
  /** The length of the period. */
  seconds: number;
  /** When it ends, in seconds since the epoch; 0: now. */
  until: number;
  server: string | undefined;
  client: string | undefined;
  tool: string | undefined;
  conversation: string | undefined;
  status: string | undefined;
  method: string | undefined;
  /** `to-server` or `to-client`. */
  direction: string | undefined;
  code: string | undefined;
  /** The id of a session, or of its trace. */
  session: string | undefined;
  /** The id of an attempt to connect, or the beginning of it. */
  journey: string | undefined;
  /** The id of an operation; 0: none. */
  operation: number;
  /** The id of a change of a tool; 0: none. */
  change: number;
  words: readonly string[];
  /** The slowest calls, in place of the latest. */
  slowest: boolean;
  /** Calls up to the one of this id; 0: all. */
  upTo: number;
  limit: number;
  /** The latest operations of a session, in place of its first. */
  latest: boolean;
}

const KINDS: ReadonlySet<string> = new Set<QuestionKind>([
  'about',
  'now',
  'sessions',
  'session',
  'clients',
  'tools',
  'calls',
  'errors',
  'connect',
  'find',
  'health',
]);
const isKind = (text: string): text is QuestionKind => KINDS.has(text);

const DEFAULT_SECONDS = 3_600;
const MAX_SECONDS = 366 * 86_400;
/** The year 5138. */
const MAX_EPOCH_SECONDS = 100_000_000_000;
const DEFAULT_LIMIT = 200;
/** For any answer. */
const MAX_LIMIT = 10_000;
const MAX_TEXT_CHARS = 300;
const MAX_WORDS = 8;

/** `/api/sessions?seconds=900&client=cursor`; undefined: not a question. */
export function parseQuestion({ pathname, searchParams }: URL): Question | undefined {
  const kind = /^\/api\/([a-z]+)$/.exec(pathname)?.[1] ?? '';
  if (!isKind(kind)) return undefined;
  const text = (name: string): string | undefined => searchParams.get(name)?.slice(0, MAX_TEXT_CHARS) || undefined;
  const number = (name: string, otherwise: number, most: number): number => {
    const value = Number(text(name));
    return Number.isSafeInteger(value) && value > 0 ? Math.min(value, most) : otherwise;
  };
  return {
    kind,
    seconds: number('seconds', DEFAULT_SECONDS, MAX_SECONDS),
    until: number('until', 0, MAX_EPOCH_SECONDS),
    server: text('server'),
    client: text('client'),
    tool: text('tool'),
    conversation: text('conversation'),
    status: text('status'),
    method: text('method'),
    direction: text('direction'),
    code: text('code'),
    session: text('session'),
    journey: text('journey'),
    operation: number('operation', 0, Number.MAX_SAFE_INTEGER),
    change: number('change', 0, Number.MAX_SAFE_INTEGER),
    words: text('words')?.split(/\s+/).filter(Boolean).slice(0, MAX_WORDS) ?? [],
    slowest: searchParams.has('slowest'),
    upTo: number('up-to', 0, Number.MAX_SAFE_INTEGER),
    limit: number('limit', DEFAULT_LIMIT, MAX_LIMIT),
    latest: searchParams.has('latest'),
  };
}
