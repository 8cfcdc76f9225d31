import { type JsonObject, textAt } from '../observe/json-object.ts';
import type { RequestFacts } from '../observe/facts.ts';
import { findClientName, HTTP_LIBRARIES, withoutBridge } from './client-names.ts';

/** Who is calling, by its own account. */
export interface Client {
  /** As sent, at most 128 characters; undefined: nothing said who. */
  name: string | undefined;
  version: string | undefined;
  /** The label the shipped table gives the name, if it knows it. */
  known: string | undefined;
  /** It looks at servers and uses none: in no figure of sessions and calls. */
  throwAway: boolean;
  /** The name is that of the library that sent the request: it says nothing of who is calling. */
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
/** A name keeps its label so long without being heard of. */
const MAX_SILENCE_MS = 86_400_000;
const remembered = new Map<string, Client>();
const byAgent = new Map<string, Client>();

export function clientFromInfo(info: JsonObject, userAgent: string | undefined): Client | undefined {
  const name = textAt(info, 'name');
  return name === undefined || name === '' ? undefined : client(name, textAt(info, 'version'), userAgent);
}

/** From `x-anthropic-client`, else the product token of `User-Agent`. */
export function clientFromHeaders(request: RequestFacts): Client {
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

/** Owners of labels, told of one whose slot was given to another. */
export interface LabelListener {
  onFolded(): void;
  onForgotten(label: string): void;
}

/**
 * Names as labels, bounded: the table's, and as many others as there are slots, each earned by a successful operation.
 * Where all are taken, that of the name that has been silent longest goes to a new one, after a day: invented names do
 * not shut out later clients for good.
 */
export class ClientLabels {
  readonly #most: number;
  readonly #listener: LabelListener;
  /** With when each was heard of last; the latest comes last. */
  readonly #others = new Map<string, number>();
  #at = 0;

  constructor(most: number, listener: LabelListener) {
    this.#most = most;
    this.#listener = listener;
  }

  /** What is asked from now on is asked at this time, in milliseconds. */
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
