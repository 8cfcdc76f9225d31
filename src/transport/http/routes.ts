import { hostOf, isLoopbackName } from '../names.ts';
import { createAdmission, type Admission } from './admission.ts';
import type { Refusal } from './refusal.ts';
import type { RequestHead } from './request-head.ts';
import type { Served } from './served.ts';

/** The scheme and authority of a target in absolute form. */
const AUTHORITY = /^https?:\/\/[^/?]*/i;
/** Metadata about a path stands below this (RFC 9728, 3.1; RFC 8414, 3.1). */
const WELL_KNOWN = /^\/\.well-known\/[^/?]+(?=\/)/;

/**
 * Segments that lead upwards, in the ways in which servers write them: `/quiz/../x` is below `/quiz` for one reader and
 * `/x` for the next.
 */
const DOTS = /(?:[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:[/\\;]|%2f|%5c|$)/i;

const MAX_NAMED = 20;

/** Servers for one host, or for any: those with a path by its first segment, the longest path first. */
interface Group {
  byPath: Map<string, Served[]>;
  /** The one for any path. */
  rest: Served | undefined;
}

/** Finds the server that a request is for, among those behind one listener. */
export class Routes {
  /** All requests are for this one. Undefined: it depends on the request. */
  readonly only: Served | undefined;
  readonly all: readonly Served[];
  readonly #byHost = new Map<string | undefined, Group>();
  /** Guards the answer for requests that find none. */
  readonly #admit: Admission;
  /** For people: what could have been asked for. Undefined: strangers may read it. */
  readonly #known: string | undefined;

  constructor(all: readonly Served[], listeningOn: string) {
    this.all = all;
    const [first] = all;
    const { host, path } = first?.options ?? {};
    this.only = all.length === 1 && host === undefined && path === undefined ? first : undefined;
    for (const one of all) this.#add(one);
    const options = all.map((one) => one.options);
    this.#admit = createAdmission({
      listeningOn,
      allowHost: options.flatMap((one) => [...one.allowHost, ...(one.host === undefined ? [] : [one.host])]),
      allowOrigin: options.flatMap((one) => one.allowOrigin),
    });
    this.#known = isLoopbackName(listeningOn) ? named(all) : undefined;
  }

  /** The server that a request is for, or why it must not go on. */
  find(head: Pick<RequestHead, 'host' | 'origin' | 'target' | 'placePath'>): Served | Refusal {
    const { only } = this;
    if (only !== undefined) return only.admit(head) ?? only;
    const { target } = head;
    const from = target.startsWith('/') ? 0 : (AUTHORITY.exec(target)?.[0].length ?? 0);
    const pathFrom = from + (WELL_KNOWN.exec(target.slice(from))?.[0].length ?? 0);
    const host = head.host === undefined ? undefined : hostOf(head.host).toLowerCase().replace(/\.$/, '');
    const served =
      this.#find(this.#byHost.get(host), target, pathFrom) ?? this.#find(this.#byHost.get(undefined), target, pathFrom);
    if (served === undefined) return this.#admit(head) ?? this.#unknown(target);
    const refusal = served.admit(head);
    if (refusal !== undefined) return { ...refusal, server: served.options.index };
    const { path, index } = served.options;
    if (path === undefined) return served;
    if (DOTS.test(pathOf(target, from)))
      return { status: 400, text: `a path with . or .. in it may lead out of ${path}`, server: index };
    if (served.upstreamPath !== undefined) head.placePath(pathFrom, pathFrom + path.length, served.upstreamPath);
    return served;
  }

  #add(one: Served): void {
    const { host, path } = one.options;
    const group = this.#byHost.get(host) ?? { byPath: new Map(), rest: undefined };
    this.#byHost.set(host, group);
    if (path === undefined) {
      group.rest ??= one;
      return;
    }
    const segment = firstSegment(path, 0);
    const others = group.byPath.get(segment) ?? [];
    group.byPath.set(
      segment,
      [...others, one].toSorted((a, b) => (b.options.path ?? '').length - (a.options.path ?? '').length),
    );
  }

  #find(group: Group | undefined, target: string, from: number): Served | undefined {
    if (group === undefined) return undefined;
    const candidates = group.byPath.get(firstSegment(target, from));
    return candidates?.find(({ options: { path = '' } }) => isBelow(target, from, path)) ?? group.rest;
  }

  #unknown(target: string): Refusal {
    const path = pathOf(target.replace(AUTHORITY, ''), 0);
    const known = this.#known === undefined ? '' : `; there are: ${this.#known}`;
    return { status: 404, text: `no server is configured for ${path.slice(0, 100)} here${known}` };
  }
}

/** What a target has from `from` on, without its query. */
function pathOf(target: string, from: number): string {
  const query = target.indexOf('?', from);
  return query === -1 ? target.slice(from) : target.slice(from, query);
}

/** `/quiz` of `/quiz/x?y`. */
function firstSegment(target: string, from: number): string {
  let to = from + 1;
  while (to < target.length && target[to] !== '/' && target[to] !== '?') to++;
  return target.slice(from, to);
}

/** Whether what a target has from `from` on is a path, or something below it. */
function isBelow(target: string, from: number, path: string): boolean {
  if (!target.startsWith(path, from)) return false;
  const next = target[from + path.length];
  return next === undefined || next === '/' || next === '?';
}

function named(all: readonly Served[]): string {
  const names = all.map(({ options: { host, path } }) => (host === undefined ? path : `${host}${path ?? ''}`) ?? '/');
  const more = names.length - MAX_NAMED;
  return names.slice(0, MAX_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
