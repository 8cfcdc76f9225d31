import { OTHER, UNKNOWN } from '../session/client.ts';
import type { ClientChange, ClientFigures } from '../store/client-figures.ts';
import type { ToolFigures } from '../store/tool-figures.ts';
import { costInWords, inOneSentence } from './client-words.ts';
import { bytes, count, counted, dateTime } from './figures.ts';
import { oddities } from './tool-words.ts';

export interface Found {
  clients: readonly ClientFigures[];
  tools: readonly ToolFigures[];
  /** Requests that got no answer. */
  lost: number;
  changes: readonly ClientChange[];
}

/** Definitions of this size are worth a word: every client that lists tools reads them. */
const LARGE_SURFACE = 20_000;
/** Sessions that stay empty are told of from this number and this share on. */
const MANY_SESSIONS = 5;
const MOSTLY = 0.8;

/** What whoever runs the server should look at, the worst first: a sentence or two each. */
export function findings({ clients, tools, lost, changes }: Found): string[] {
  const named = clients.filter(({ client }) => client !== OTHER && client !== UNKNOWN);
  const several = new Set(clients.map(({ server }) => server)).size > 1;
  const at = (server: string): string => (several ? ` at ${server}` : '');
  const surface = tools.reduce((total, { definition }) => total + (definition?.bytes ?? 0), 0);
  return [
    ...named
      .filter(({ verdict }) => verdict === 'per-call' || verdict === 'sessionless')
      .map(
        (client) =>
          `Landmine: state kept per session is lost on ${client.client}${at(client.server)}. ${inOneSentence(client)}.`,
      ),
    ...tools.flatMap(oddities).map((text) => `Landmine: ${text}.`),
    ...named
      .filter(({ sessions, emptySessions }) => sessions >= MANY_SESSIONS && emptySessions >= MOSTLY * sessions)
      .map(
        ({ client, server, sessions, emptySessions }) =>
          `${client} used ${count(sessions - emptySessions)} of ${count(sessions)} sessions that it opened${at(server)}.`,
      ),
    ...clients.filter(({ avoidableHandshakes }) => avoidableHandshakes > 0).map((client) => `${costInWords(client)}.`),
    ...(lost > 0 ? [`${counted(lost, 'request')} got no answer: the stream or the process ended before it.`] : []),
    ...(surface > LARGE_SURFACE
      ? [`A client that lists the tools reads ${bytes(surface)} of definitions each time.`]
      : []),
    ...changes.map(
      ({ at, client, what, before, after }) =>
        `${client} changed its ${what} from ${before} to ${after} (${dateTime(at)}).`,
    ),
  ];
}
