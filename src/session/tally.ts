import type { SessionEvent } from './event.ts';
import { isReal } from './session.ts';

/** What one client did since the start. */
export interface ClientTally {
  client: string;
  sessions: number;
  usedSessions: number;
  toolCalls: number;
  handshakes: number;
  legacyCalls: number;
  sessionlessCalls: number;
  /** Of the latest tool calls, bounded. */
  seconds: number[];
}

const MAX_SECONDS = 1_000;

/** Figures by client, for a table at the end of a run. Real sessions only: activity is none. */
export class Tally {
  readonly #clients = new Map<string, ClientTally>();

  take(event: SessionEvent): void {
    if (
      event.kind === 'session-opened' &&
      isReal(event.session.source) &&
      !event.session.throwAway &&
      !event.session.resumed
    ) {
      this.#of(event.session.clientLabel).sessions++;
    } else if (event.kind === 'session-used' && isReal(event.session.source)) {
      this.#of(event.session.clientLabel).usedSessions++;
    } else if (event.kind === 'operation-ended') {
      const { operation } = event;
      if (operation.session?.throwAway === true) return;
      const { counted } = operation;
      const tally = this.#of(operation.clientLabel);
      if (counted.handshake) tally.handshakes++;
      if (!counted.firstOfCall) return;
      tally.toolCalls++;
      if (operation.era === 'legacy') {
        tally.legacyCalls++;
        if (!isReal(operation.source)) tally.sessionlessCalls++;
      }
      tally.seconds.push((operation.endedAt - operation.startedAt) / 1_000);
      if (tally.seconds.length > MAX_SECONDS) tally.seconds.shift();
    }
  }

  all(): ClientTally[] {
    return [...this.#clients.values()];
  }

  #of(client: string): ClientTally {
    let tally = this.#clients.get(client);
    if (tally === undefined) {
      tally = {
        client,
        sessions: 0,
        usedSessions: 0,
        toolCalls: 0,
        handshakes: 0,
        legacyCalls: 0,
        sessionlessCalls: 0,
        seconds: [],
      };
      this.#clients.set(client, tally);
    }
    return tally;
  }
}
