import type { Measures } from './measure.ts';

/** A measurement as people read it. */
export interface Remark {
  readonly what: string;
  readonly found: string;
  /** What to do about it; undefined: it is fine. */
  readonly cure: string | undefined;
}

/** A client with a session per call waits for a handshake at every call: longer ones are felt. */
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
        ? `all ${opened} still answer: most clients never send DELETE, so end sessions after some silence`
        : `${answering} of ${opened} still answer`,
      all ? undefined : 'new sessions end old ones: raise the limit, or keep no state in sessions',
    );
    remark('DELETE', ...deletion(deleteStatus, outlivesDelete));
  }
  const { clients, answered, distinctIds, said } = atOnce;
  const shared = sessions !== undefined && distinctIds < answered;
  remark(
    `${clients} clients at once`,
    answered < clients
      ? `${answered} answered; another got: ${said ?? ''}`
      : shared
        ? `they share ${distinctIds} session ids`
        : 'all answered',
    answered < clients
      ? 'one server instance of the SDK serves one client: create an instance per session'
      : shared
        ? 'give each session its own id: clients see each other’s state'
        : undefined,
  );
  if (deadSession !== undefined) remark('unknown session id', ...dead(deadSession));
  remark('GET', ...stream(get));
  return remarks;
}

function deletion(status: number | undefined, outlives: boolean | undefined): [found: string, cure?: string] {
  if (outlives === true) {
    return [
      `HTTP ${status}, but the session still answers`,
      'end the session: otherwise sessions leak even when clients delete them',
    ];
  }
  if (outlives === false) return [`HTTP ${status}, and the session is gone`];
  const found = status === undefined ? 'no answer' : `refused (HTTP ${status})`;
  return [found, 'end sessions at DELETE and after some silence: nothing else ends them'];
}

function dead(status: number): [found: string, cure?: string] {
  if (status === 404) return ['HTTP 404: clients open a new session'];
  if (status < 300) return [`HTTP ${status}: the server accepts any id`, 'answer 404 to ids that it never gave'];
  return [`HTTP ${status}`, 'answer 404: after any other status clients keep the dead id and fail until they restart'];
}

function stream(get: Measures['get']): [found: string, cure?: string] {
  if (get === undefined) return ['no answer in time', 'answer 405, or send the head of an event stream at once'];
  if (get.status === 405) return ['HTTP 405: the server offers no stream'];
  if (get.status === 200 && get.stream) return ['an event stream'];
  return [`HTTP ${get.status}${get.status === 200 ? ', but no event stream' : ''}`, 'answer 405, or an event stream'];
}

/** Milliseconds as people read them. */
export const milliseconds = (ms: number): string =>
  ms >= 1_000 ? `${(ms / 1_000).toFixed(1)} s` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
