import { OTHER } from '../session/client.ts';
import { nameText } from './names.ts';
import type { ClientFigures } from '../store/client-figures.ts';
import { count, counted, duration, ratio } from './figures.ts';
import { verdictWords } from './verdicts.ts';

/** With fewer calls, the figures of a client say little. */
const MIN_CALLS = 5;

/** What a client's verdict means, to follow its name: `opens a session …`. `''`: no verdict. */
export const meaningOf = ({ verdict }: Pick<ClientFigures, 'verdict'>): string => verdictWords(verdict)?.meaning ?? '';

/** What a client does, in one sentence with its figures. */
export function inOneSentence(figures: ClientFigures): string {
  const { toolCalls, sessions, callsInSessions, handshakes, activities } = figures;
  const client = nameText(figures.client);
  if (toolCalls === 0) {
    return sessions + activities + handshakes === 0
      ? `${client} was seen, but did nothing here`
      : `${client} called no tool (${counted(handshakes, 'handshake')}, ${counted(sessions, 'session')})`;
  }
  const calls = counted(toolCalls, 'tool call');
  const meaning = meaningOf(figures);
  const outside = toolCalls - callsInSessions;
  const inSessions = `${count(callsInSessions)} in ${counted(sessions, 'session')} (${ratio(callsInSessions, sessions)} each)`;
  const spread =
    callsInSessions === 0
      ? `made ${calls} outside sessions`
      : outside === 0
        ? `made ${calls} in ${counted(sessions, 'session')} (${ratio(callsInSessions, sessions)} each)`
        : `made ${calls}: ${inSessions}, ${count(outside)} outside sessions`;
  const rate = `${ratio(handshakes, toolCalls)} handshakes per call`;
  if (toolCalls < MIN_CALLS) return `${client} ${spread}: too few to judge`;
  return `${client} ${spread}, ${rate}${meaning === '' ? '' : `. It ${meaning}`}`;
}

/** The time that a client spent on handshakes, and how many of them were avoidable. */
export function costInWords(figures: ClientFigures): string {
  const { handshakes, handshakeSeconds, avoidableHandshakes } = figures;
  const client = nameText(figures.client);
  if (handshakes === 0) return `${client} spent nothing on handshakes`;
  const each = handshakeSeconds / handshakes;
  return (
    `${client} spent ${duration(handshakeSeconds)} on ${counted(handshakes, 'handshake')}; ` +
    `${counted(avoidableHandshakes, 'was', 'were')} avoidable (${duration(avoidableHandshakes * each)})`
  );
}

/** Explains `_OTHER`, where it is among the names. */
export const othersInWords = (names: readonly string[]): string =>
  names.includes(OTHER) ? `${OTHER}: unverified names, such as a scanner's` : '';
