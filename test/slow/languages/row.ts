import type { Passage } from './pair.ts';
import type { Program, Transport } from './sdk.ts';
import type { SessionRow } from './store-rows.ts';

/** One client against one server: a line of the second table in docs/clients.md. */
export interface LanguageRow {
  readonly server: string;
  readonly transport: Transport;
  readonly client: string;
  /** Of the session, with the revision. */
  readonly era: string;
  /** What the session is told apart by. */
  readonly session: string;
  /** Whether the client ends it, where it can. */
  readonly delete: string;
  readonly verdict: string;
}

export const languageRow = (
  server: Program,
  transport: Transport,
  client: Program,
  { sessions, clients }: Passage,
): LanguageRow => ({
  server: `${server.title} ${server.version}`,
  transport,
  client: `${client.title} ${client.version}`,
  era: sessions.map(({ era, protocolVersion }) => `${era} ${protocolVersion}`).join(', '),
  session: sessions.map(({ source }) => source).join(', '),
  delete: sessions.map((session) => (transport === 'http' ? deleted(session) : '–')).join(', '),
  verdict: clients.map(({ verdict }) => verdict).join(', '),
});

const deleted = ({ source, endReason }: SessionRow): string => {
  if (source !== 'header') return '–';
  return endReason === 'deleted' ? 'yes' : 'no';
};
