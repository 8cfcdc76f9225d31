import type { Measures } from './measure.ts';

/** Something that was measured, as people read it. */
export interface Remark {
  readonly what: string;
  readonly found: string;
  /** What to do about it; undefined: it is as it should be. */
  readonly cure: string | undefined;
}

/** A handshake that takes longer is felt at every call of a client that opens a session for each, in milliseconds. */
const SLOW_HANDSHAKE_MS = 100;

export function remarksOn({ handshakes, sessions, atOnce, deadSession, get }: Measures): readonly Remark[] {
  const remarks: Remark[] = [];
  const remark = (what: string, found: string, cure?: string): void => void remarks.push({ what, found, cure });
  if (handshakes !== undefined) {
    const { method, count, p50Ms, p95Ms } = handshakes;
    remark(
      method,
      `p50 ${milliseconds(p50Ms)}, p95 ${milliseconds(p95Ms)} over ${count}`,
      p50Ms > SLOW_HANDSHAKE_MS
        ? `a client with a session per call waits ${milliseconds(p50Ms)} more at every call: do the slow part once, when the server starts`
        : undefined,
    );
  }
  if (sessions !== undefined) {
    const { opened, answering, deleteStatus, outlivesDelete } = sessions;
    const all = answering === opened;
    remark(
      'sessions left open',
      all
        ? `all ${opened} still answer: most clients never send DELETE, so see that silence ends them`
        : `${answering} of ${opened} still answer`,
      all ? undefined : 'sessions throw each other out: raise their limit, or keep no state in them',
    );
    remark('DELETE', ...deletion(deleteStatus, outlivesDelete));
  }
  const { clients, answered, distinctIds, said } = atOnce;
  const shared = sessions !== undefined && distinctIds < answered;
  remark(
    `${clients} clients at once`,
    answered < clients
      ? `${answered} answered; another was told: ${said ?? ''}`
      : shared
        ? `they share ${distinctIds} session ids`
        : 'all answered',
    answered < clients
      ? 'a server instance (of the SDK) takes one client: make one for each session'
      : shared
        ? 'give each session an id of its own: clients see each other’s state'
        : undefined,
  );
  if (deadSession !== undefined) remark('a session id that never was', ...dead(deadSession));
  remark('GET', ...stream(get));
  return remarks;
}

function deletion(status: number | undefined, outlives: boolean | undefined): [found: string, cure?: string] {
  if (outlives === true) {
    return [
      `HTTP ${status}, but the session still answers`,
      'end it: as it is, sessions leak even from polite clients',
    ];
  }
  if (outlives === false) return [`HTTP ${status}, and the session is gone`];
  const found = status === undefined ? 'no answer' : `refused (HTTP ${status})`;
  return [found, 'end sessions after some silence, and at DELETE: nothing else ends them'];
}

function dead(status: number): [found: string, cure?: string] {
  if (status === 404) return ['HTTP 404: clients start over'];
  if (status < 300) return [`HTTP ${status}: any id is taken`, 'answer 404 to ids that were not given out'];
  return [`HTTP ${status}`, 'answer 404: at anything else clients keep the dead id and fail until they are restarted'];
}

function stream(get: Measures['get']): [found: string, cure?: string] {
  if (get === undefined) return ['no answer in time', 'answer 405, or send the head of an event stream at once'];
  if (get.status === 405) return ['HTTP 405: there is no standing stream'];
  if (get.status === 200 && get.stream) return ['a standing stream'];
  return [`HTTP ${get.status}${get.status === 200 ? ', but no event stream' : ''}`, 'answer 405, or an event stream'];
}

/** Milliseconds as people read them. */
export const milliseconds = (ms: number): string =>
  ms >= 1_000 ? `${(ms / 1_000).toFixed(1)} s` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
