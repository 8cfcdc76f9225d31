import { isUndisputed, type Call } from './same-call.ts';

/** Of whose server, and until when it waits. */
interface Waiting {
  readonly server: string;
  readonly call: Call;
  readonly until: number;
}

/** Clients ask for the list of tools right after a handshake. */
const WAIT_MS = 15_000;
const MAX_WAITING = 1_000;
/** Clocks of a server's threads agree, those of two machines hardly. */
const MAX_SKEW_MS = 1_000;

/**
 * Handshakes whose spans name no session: many servers choose its id only when their span has its attributes. Each waits
 * for the first call of a session that is new, which it has opened; one that waits in vain opened none that anybody used.
 */
export class UnnamedHandshakes {
  #waiting: Waiting[] = [];

  /** @returns what has to go on now, for want of room */
  keep(server: string, call: Call, at: number): Call[] {
    this.#waiting.push({ server, call, until: at + WAIT_MS });
    return this.#waiting.splice(0, this.#waiting.length - MAX_WAITING).map((each) => each.call);
  }

  /** The one that opened the session of a call: in the same trace if there is one, else the oldest of the same client. */
  takeFor(server: string, { chosen: { span }, operation }: Call): Call | undefined {
    const mayHaveOpened = this.#waiting.filter(
      (each) =>
        each.server === server &&
        each.call.chosen.span.endedAt <= span.startedAt + MAX_SKEW_MS &&
        isUndisputed(each.call.operation.clientName, operation.clientName) &&
        isUndisputed(each.call.operation.clientService, operation.clientService),
    );
    const found = mayHaveOpened.find(({ call }) => call.chosen.span.traceId === span.traceId) ?? mayHaveOpened[0];
    if (found !== undefined) this.#waiting.splice(this.#waiting.indexOf(found), 1);
    return found?.call;
  }

  /** Those that have waited in vain. */
  due(at: number): Call[] {
    const due = this.#waiting.filter(({ until }) => until <= at);
    if (due.length > 0) this.#waiting = this.#waiting.filter(({ until }) => until > at);
    return due.map(({ call }) => call);
  }
}
