import type { Attributes } from '@opentelemetry/api';
import { kindInWords } from '../session/change-kind-words.ts';
import { OTHER } from '../session/client.ts';
import type { ClientTrait } from '../session/event.ts';
import type { Stage } from '../session/journey.ts';
import { ATTR, EVENT } from './semconv.ts';

export type EventName = (typeof EVENT)[keyof typeof EVENT];

/** What changed about a client. The others are habits, which it has or has not. */
const TRAITS: Readonly<Record<Exclude<ClientTrait, Habit>, (server: string) => string>> = {
  verdict: (server) => `how it uses ${server}`,
  version: () => 'its version',
  protocol: (server) => `the revision of MCP that it speaks with ${server}`,
};
type Habit = 'discovery' | 'delete';
const HABITS: Readonly<Record<Habit, readonly [does: string, doesNot: string]>> = {
  discovery: ['asks now what is offered by', 'no longer asks what is offered by'],
  delete: ['ends its sessions now with', 'no longer ends its sessions with'],
};
/** A habit that a client does not have. */
const HAS_NOT = 'none';

/** What an attempt to connect had behind it when it stopped. */
const STAGES: Readonly<Record<Stage, string>> = {
  contact: 'its first request',
  challenge: 'it was told to sign in',
  'resource-metadata': 'it had read the resource metadata',
  'server-metadata': 'it had read the metadata of the authorization server',
  registration: 'it had registered',
  authorize: 'it had sent its user to sign in',
  token: 'it had got a token',
  return: 'it had come back with a credential',
  accepted: 'it was let in',
  handshake: 'the handshake',
  lists: 'it had listed what there is',
  call: 'its first call',
};

/** The words of a table; undefined: it has none for this value. */
const wordsFor = <Words>(table: Readonly<Record<string, Words>>, value = ''): Words | undefined =>
  Object.hasOwn(table, value) ? table[value] : undefined;
const UNVERIFIED = 'A client with an unverified name';

const textOf = (value: Attributes[string]): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** What a log event says, in a sentence for people: its body. All that is in it is in the attributes, too. */
export function logSentence(event: EventName, attributes: Attributes): string {
  const server = textOf(attributes[ATTR.server]);
  const client = attributes[ATTR.client] === OTHER ? UNVERIFIED : textOf(attributes[ATTR.client]);
  const signal = textOf(attributes[ATTR.signal]);
  switch (event) {
    case EVENT.clientSeen:
      return `${client} came to ${server} for the first time.`;
    case EVENT.clientChanged:
      return clientSentence(client, server, attributes);
    case EVENT.toolsChanged:
      return toolSentence(server, textOf(attributes[ATTR.toolName]), attributes[ATTR.changes]);
    case EVENT.observerRestarted:
      return `The observer of ${server} failed and was started again; traffic went on.`;
    case EVENT.connectStopped:
      return connectSentence(client, server, attributes);
    case EVENT.exportFailing:
      return `The ${signal} of ${server} do not reach their endpoint.`;
    case EVENT.exportRestored:
      return `The ${signal} of ${server} reach their endpoint again.`;
  }
}

function clientSentence(client: string, server: string, attributes: Attributes): string {
  const [trait, before, after] = [ATTR.trait, ATTR.before, ATTR.after].map((name) => textOf(attributes[name]));
  const habit = wordsFor(HABITS, trait);
  if (habit !== undefined) return `${client} ${habit[after === HAS_NOT ? 1 : 0]} ${server}.`;
  return `${client} changed ${wordsFor(TRAITS, trait)?.(server) ?? trait}: it was ${before}, and is ${after} now.`;
}

function toolSentence(server: string, tool: string, changes: Attributes[string]): string {
  const kinds = Array.isArray(changes) ? changes.map(String) : [];
  const [kind] = kinds;
  if (kinds.length === 1 && kind === 'added') return `${server} has a new tool, ${tool}.`;
  if (kinds.length === 1 && kind === 'removed') return `${server} no longer offers the tool ${tool}.`;
  return `The tool ${tool} of ${server} changed: ${kinds.map(kindInWords).join(', ')}.`;
}

function connectSentence(client: string, server: string, attributes: Attributes): string {
  const [end, status, error] = [ATTR.connectEnd, ATTR.httpStatusCode, ATTR.connectError].map((name) =>
    textOf(attributes[name]),
  );
  const refusal = status === '' ? '' : ` (HTTP ${status}${error === '' ? '' : `: ${error}`})`;
  const again = attributes[ATTR.connectAgain] === true ? '; it had connected before' : '';
  const ambiguous =
    attributes[ATTR.connectAmbiguous] === true ? '; other attempts at the same time cannot be told apart from it' : '';
  return `${client} stopped connecting to ${server} after ${wordsFor(STAGES, end) ?? end}${refusal}${again}${ambiguous}.`;
}
