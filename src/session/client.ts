import { type JsonObject, textAt } from '../observe/json-object.ts';
import type { RequestFacts } from '../observe/facts.ts';
import { findClientName, HTTP_LIBRARIES, withoutBridge } from './client-names.ts';

/** The client that calls, as it describes itself. */
export interface Client {
  /** As sent, at most 128 characters; undefined: the client gave no name. */
  name: string | undefined;
  version: string | undefined;
  /** The label from the shipped table, if the table has the name. */
  known: string | undefined;
  /** It inspects servers and does not use them. Session and call figures leave it out. */
  throwAway: boolean;
  /** The name is that of the HTTP library, so it does not say who is calling. */
  library: boolean;
}

export const NOBODY: Client = {
  name: undefined,
  version: undefined,
  known: undefined,
  throwAway: false,
  library: false,
};
export const OTHER = '_OTHER';
export const UNKNOWN = 'unknown';

const MAX_NAME_CHARS = 128;
const MAX_REMEMBERED = 1_000;
/** A silent name keeps its label for this long. */
const MAX_SILENCE_MS = 86_400_000;
const remembered = new Map<string, Client>();
const byAgent = new Map<string, Client>();

/** Reads the client from what it says of itself. A probe plays a client, and is none. */
export function clientFromInfo(
  info: JsonObject,
  request: Pick<RequestFacts, 'probe' | 'userAgent'>,
): Client | undefined {
  if (request.probe) return probe();
  const name = textAt(info, 'name');
  return name === undefined || name === '' ? undefined : client(name, textAt(info, 'version'), request.userAgent);
}

/** Reads the client from `x-anthropic-client`, else from the product token of `User-Agent`. */
export function clientFromHeaders(request: RequestFacts): Client {
  if (request.probe) return probe();
  if (request.anthropicClient !== undefined && request.anthropicClient !== '') {
    return client(request.anthropicClient, undefined, request.userAgent);
  }
  const agent = request.userAgent;
  if (agent === undefined) return NOBODY;
  const before = byAgent.get(agent);
  if (before !== undefined) return before;
  const [, name, version] = /^\s*([A-Za-z][\w.+-]*)(?:\/([\w.+-]+))?(?=[\s;(]|$)/.exec(agent) ?? [];
  const named = name === undefined ? NOBODY : client(name, version, agent);
  const made = HTTP_LIBRARIES.has(name?.toLowerCase() ?? '') ? { ...named, library: true } : named;
  if (byAgent.size >= MAX_REMEMBERED) byAgent.clear();
  byAgent.set(agent, made);
  return made;
}

const probe = (): Client => client('mcpspan-probe', undefined, undefined);

function client(name: string, version: string | undefined, userAgent: string | undefined): Client {
  const key = `${name}\0${version}\0${userAgent}`;
  const before = remembered.get(key);
  if (before !== undefined) return before;
  const raw = name.slice(0, MAX_NAME_CHARS).toWellFormed();
  const row = findClientName(withoutBridge(raw), userAgent);
  const made: Client = {
    name: raw,
    version: version?.slice(0, MAX_NAME_CHARS),
    known: row?.label,
    throwAway: row?.throwAway === true,
    library: false,
  };
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(key, made);
  return made;
}

/** Learns when a name gets no label of its own, and when a label loses its slot. */
export interface LabelListener {
  onFolded(): void;
  onForgotten(label: string): void;
}

/**
 * A bounded set of client names that may be labels: those of the table, and others while there are free slots. A name
 * earns its slot with a successful operation. When all slots are taken, a new name gets the slot of the name that has been
 * silent longest, once that silence has lasted a day. So invented names cannot shut out later clients for good.
 */
export class ClientLabels {
  readonly #most: number;
  readonly #listener: LabelListener;
  /** Each name with the time it was last seen, in ascending order of time. */
  readonly #others = new Map<string, number>();
  #at = 0;

  constructor(most: number, listener: LabelListener) {
    this.#most = most;
    this.#listener = listener;
  }

  /** Sets the time, in milliseconds, for the calls that follow. */
  advance(at: number): void {
    this.#at = at;
  }

  /** @param earned the operation that asks for the label succeeded. */
  label(client: Client, earned: boolean): string {
    if (client.known !== undefined) return client.known;
    if (client.name === undefined || client.library) return UNKNOWN;
    const name = withoutBridge(client.name).slice(0, MAX_NAME_CHARS).toWellFormed();
    if (this.#others.has(name) || (earned && this.#hasRoom())) {
      this.#others.delete(name);
      this.#others.set(name, this.#at);
      return name;
    }
    this.#listener.onFolded();
    return OTHER;
  }

  #hasRoom(): boolean {
    if (this.#others.size < this.#most) return true;
    const [idlest] = this.#others;
    if (idlest === undefined || this.#at - idlest[1] < MAX_SILENCE_MS) return false;
    this.#others.delete(idlest[0]);
    this.#listener.onForgotten(idlest[0]);
    return true;
  }
}
