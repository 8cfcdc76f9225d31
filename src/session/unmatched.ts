import type { RequestId } from '../observe/message.ts';
import type { Exchange } from '../observe/observation.ts';
import { keepNewest } from '../transport/bounded.ts';
import type { Notices } from './notices.ts';

const MAX_SESSIONS = 1_000;
/** A session is reported once it has this many answers and more than half of them fit no call. */
const MIN_ANSWERS = 5;
const MOSTLY_SHARE = 0.5;

/** An answer that fits no call, and the call that it may belong to. */
export interface UnmatchedAnswer {
  exchange: Exchange;
  eventId: string | undefined;
  answered: RequestId | undefined;
  sent: RequestId | undefined;
}

/** Counts the answers of each session that fit no call: a server where most do not is one that we do not understand. */
export class UnmatchedAnswers {
  readonly #sessions = new Map<string, { answers: number; unmatched: number }>();
  readonly #notices: Notices;

  constructor(notices: Notices) {
    this.#notices = notices;
  }

  matched(key: string | undefined): void {
    this.#of(key).answers++;
  }

  unmatched(key: string | undefined, answer: UnmatchedAnswer, at: number): void {
    const counts = this.#of(key);
    counts.answers++;
    counts.unmatched++;
    if (counts.answers < MIN_ANSWERS || counts.unmatched <= counts.answers * MOSTLY_SHARE) return;
    const { sent, answered } = answer;
    const detail = `ids sent: ${shapeOf(sent)}; answered: ${shapeOf(answered)}; in ${carrierOf(answer)}`;
    this.#notices.report('answers-unmatched', detail, at);
  }

  /** Answers of no session are counted together. */
  #of(key = ''): { answers: number; unmatched: number } {
    let counts = this.#sessions.get(key);
    if (counts === undefined) {
      counts = { answers: 0, unmatched: 0 };
      this.#sessions.set(key, counts);
      keepNewest(this.#sessions, MAX_SESSIONS);
    }
    return counts;
  }
}

function shapeOf(id: RequestId | undefined): string {
  if (id === undefined) return 'none';
  return typeof id === 'number' ? 'a number' : `text of ${id.length} characters`;
}

function carrierOf({ exchange: { request, answer, endpoint }, eventId }: UnmatchedAnswer): string {
  if (request.carrier === 'stdio') return 'a line of a pipe';
  if (answer?.mediaType !== 'text/event-stream') return 'a JSON body';
  const stream = endpoint === undefined ? `the event stream of a ${request.method}` : 'the stream of an endpoint';
  return `${stream}, ${eventId === undefined ? 'without' : 'with'} event ids`;
}
