import { textAt, type JsonObject } from '../observe/json-object.ts';
import { hashOf } from './contract.ts';
import type { EventSink } from './event.ts';
import type { Operation } from './operation.ts';
import { principalOf } from './principal.ts';
import { ToolSurface } from './surface.ts';
import { audienceOf, ToolChanges, type RememberedTools, type ToolChange } from './tool-changes.ts';

/** Watches what a server offers: reads the answers to `tools/list`, and reports them and what changed. */
export class ToolWatch {
  readonly #surface = new ToolSurface();
  readonly #changes: ToolChanges;
  readonly #emit: EventSink;

  constructor(emit: EventSink) {
    this.#emit = emit;
    this.#changes = new ToolChanges(() => emit({ kind: 'anomaly', what: 'tools-not-followed' }));
  }

  remember(tools: RememberedTools): void {
    this.#changes.remember(tools);
  }

  /** The latest whole list of each audience that sent no credential. */
  lists(): Iterable<{ audience: string; tools: ReadonlyMap<string, string> }> {
    return this.#changes.anonymousLists();
  }

  /** A list call was answered. */
  answered(operation: Operation, result: JsonObject, text: Uint8Array, at: number): void {
    const page = this.#surface.listed(text, at);
    if (page === undefined) return;
    if (page.news) this.#emit({ kind: 'tools-listed', at, tools: page.tools });
    const { cursor } = operation;
    const next = textAt(result, 'nextCursor');
    this.#report(this.#changes.listed({ audience: askedBy(operation), cursor, next, page }, at), at);
  }

  sweep(at: number): void {
    this.#report(this.#changes.sweep(at), at);
  }

  #report(changes: readonly ToolChange[], at: number): void {
    if (changes.length > 0) this.#emit({ kind: 'tools-changed', at, changes });
  }
}

/**
 * Who asked, as far as a request tells: a credential, or what may be one, and what a server may choose its tools by.
 * The part that may be secret is hashed.
 */
function askedBy({ exchange, client, protocolVersion }: Operation): string {
  const { request } = exchange;
  const own = [client.name, protocolVersion];
  if (request.carrier === 'stdio') return audienceOf(undefined, own);
  const cookie = headerOf(request.headers, 'cookie');
  // The endpoint of HTTP+SSE names the session.
  const [path, query] = exchange.endpointSessionId === undefined ? [request.path, request.query] : ['', ''];
  const secret = [request.credential ?? '', cookie ?? '', query];
  const principal = secret.every((part) => part === '')
    ? undefined
    : request.credential !== undefined && cookie === undefined && query === ''
      ? principalOf(request.credential)
      : hashOf(secret.join('\0'));
  return audienceOf(principal, [...own, path === '' ? '' : hashOf(path)]);
}

function headerOf(headers: readonly string[], wanted: string): string | undefined {
  const index = headers.findIndex((name, at) => at % 2 === 0 && name.toLowerCase() === wanted);
  return index < 0 ? undefined : headers[index + 1];
}
