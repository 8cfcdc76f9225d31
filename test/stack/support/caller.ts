import { setTimeout as sleep } from 'node:timers/promises';
import { speakTo } from '../../e2e/speaker.ts';

/** What a client saw of its own calls. */
export interface CallerReport {
  readonly sessions: readonly string[];
  readonly toolCalls: number;
  /** When tool calls were answered with 200, in milliseconds since the epoch. */
  readonly answeredAt: readonly number[];
  readonly failed: readonly string[];
  /** The longest wait for an answer, in milliseconds. */
  readonly slowest: number;
}

interface Calling {
  readonly callsInSession: number;
  /** Milliseconds between two calls. */
  readonly pause?: number;
  /** Asked before each session. */
  goOn(): boolean;
}

/** Opens session after session, makes its calls and ends it. Never rejects: what failed is in the report. */
export async function callOnAndOn(url: string, { callsInSession, pause = 0, goOn }: Calling): Promise<CallerReport> {
  const sessions: string[] = [];
  const failed: string[] = [];
  const answeredAt: number[] = [];
  let toolCalls = 0;
  let slowest = 0;
  const timed = async (what: string, send: () => Promise<number>): Promise<void> => {
    const from = performance.now();
    const status = await send().catch((error: unknown) => String(error));
    slowest = Math.max(slowest, performance.now() - from);
    if (status !== 200) failed.push(`${what}: ${status}`);
    else if (what === 'tools/call') answeredAt.push(Date.now());
  };
  while (goOn()) {
    const speaker = speakTo(url, { name: 'goes-on', version: '1.0.0' }, { 'user-agent': 'goes-on/1.0.0' });
    await timed('initialize', () => speaker.open());
    for (let call = 0; call < callsInSession; call++) {
      await timed('tools/call', () => speaker.call('echo'));
      toolCalls++;
      if (pause > 0) await sleep(pause);
    }
    await timed('DELETE', () => speaker.end());
    sessions.push(speaker.sessionId ?? 'none');
  }
  return { sessions, toolCalls, answeredAt, failed, slowest };
}

/** Spans that a session has beside its tool calls: the root, two of the handshake, the summary. */
const SPANS_ASIDE = 4;

/** How many spans there must be of all that was done. */
export const spansOf = (reports: readonly CallerReport[]): number =>
  reports.reduce((sum, { sessions, toolCalls }) => sum + SPANS_ASIDE * sessions.length + toolCalls, 0);
