import { OTHER } from '../session/client.ts';
import type { ClientFigures } from '../store/client-figures.ts';
import { count, counted, duration, ratio } from './figures.ts';

/** What each verdict means for who runs the server. */
export const VERDICTS: Readonly<Record<string, string>> = {
  'per-call': 'opens a session and handshakes for every call: state kept per session is gone at the next one',
  sessionless: 'sends no session id: state must hang on something else it sends',
  reusing: 'keeps its session',
  modern: 'speaks 2026-07-28, which has no sessions',
  'one-shot': 'makes one call per session, each for another conversation',
  mixed: 'keeps some sessions and opens others for one call',
};

/** Calls below which a figure of a client says little. */
const MIN_CALLS = 5;

/** What a client's verdict means, after its name: `opens a session …`; `''`: there is none. */
export const meaningOf = ({ verdict }: Pick<ClientFigures, 'verdict'>): string => VERDICTS[verdict ?? ''] ?? '';

/** What a client does, in one sentence with its figures. */
export function inOneSentence(figures: ClientFigures): string {
  const { client, toolCalls, sessions, callsInSessions, handshakes, activities } = figures;
  if (toolCalls === 0) {
    return sessions + activities + handshakes === 0
      ? `${client} was seen, and did nothing here`
      : `${client} called no tool (${counted(handshakes, 'handshake')}, ${counted(sessions, 'session')})`;
  }
  const calls = counted(toolCalls, 'tool call');
  const means = meaningOf(figures);
  const outside = toolCalls - callsInSessions;
  const inSessions = `${count(callsInSessions)} in ${counted(sessions, 'session')} (${ratio(callsInSessions, sessions)} each)`;
  const spread =
    callsInSessions === 0
      ? `made ${calls} in no session`
      : outside === 0
        ? `made ${calls} in ${counted(sessions, 'session')} (${ratio(callsInSessions, sessions)} each)`
        : `made ${calls}: ${inSessions}, ${count(outside)} in none`;
  const shook = `${ratio(handshakes, toolCalls)} handshakes a call`;
  if (toolCalls < MIN_CALLS) return `${client} ${spread}: too few to judge`;
  return `${client} ${spread}, ${shook}${means === '' ? '' : `. It ${means}`}`;
}

/** What its handshakes took, and how many of them it could have saved. */
export function costInWords({ client, handshakes, handshakeSeconds, avoidableHandshakes }: ClientFigures): string {
  if (handshakes === 0) return `${client} spent nothing on handshakes`;
  const each = handshakeSeconds / handshakes;
  return (
    `${client} spent ${duration(handshakeSeconds)} on ${counted(handshakes, 'handshake')}; ` +
    `${counted(avoidableHandshakes, 'was', 'were')} avoidable (${duration(avoidableHandshakes * each)})`
  );
}

/** What `_OTHER` stands for, where it stands. */
export const othersInWords = (names: readonly string[]): string =>
  names.includes(OTHER) ? `${OTHER}: names that nothing vouches for, a scanner's for example` : '';
