import type { SpanOperation } from './mcp-span.ts';
import { mergedOperation } from './merged-operation.ts';
import type { ReceivedSpan } from './received-span.ts';

/** The parents of spans, by `spanKey`. */
export type Parents = Pick<ReadonlyMap<string, string>, 'get'>;

/** A span and what it says. */
export interface SeenOperation {
  readonly span: Pick<ReceivedSpan, 'traceId' | 'spanId' | 'parentSpanId' | 'startedAt' | 'endedAt'>;
  readonly operation: SpanOperation;
}

/** One request of MCP, whoever told of it. */
export interface Call {
  /** The span that stands for it: the server's outermost; the client's innermost if no server's was seen. */
  readonly chosen: SeenOperation;
  /** What all its spans say together: what the chosen one does not know is taken from the next that does. */
  readonly operation: SpanOperation;
  /** Its spans, the chosen one among them, the outermost first. */
  readonly spans: readonly SeenOperation[];
}

/** Clocks of two machines differ. So far only, if no id says that two spans belong together, … */
const MAX_SKEW_MS = 1_000;
/** … and so far, if an id does: another session has the same ids, in the same trace perhaps. */
const MAX_SKEW_WITH_ID_MS = 60_000;
/** Spans with the same trace, session or server, and the same method, that are compared with one: more do not start together. */
const MAX_CANDIDATES = 256;
const MAX_DEPTH = 32;

/** A span while it is placed. */
class Node {
  readonly seen: SeenOperation;
  /** The nearest operation that it lies in, by the parents of spans. */
  above: Node | undefined;
  /** The span around it that tells of the same request. */
  outer: Node | undefined;
  readonly inner: Node[] = [];

  constructor(seen: SeenOperation) {
    this.seen = seen;
  }

  get role(): SpanOperation['role'] {
    return this.seen.operation.role;
  }

  /** Ids may go in a circle: somebody chose them. */
  put(outer: Node): void {
    if (outer === this || outer.around().some((node) => node === this)) return;
    this.outer = outer;
    outer.inner.push(this);
  }

  take(): void {
    if (this.outer !== undefined) this.outer.inner.splice(this.outer.inner.indexOf(this), 1);
    this.outer = undefined;
  }

  /** It lies in the other: what they have to do with each other is known. */
  liesIn(other: Node): boolean {
    let left = MAX_DEPTH;
    for (let node = this.above; node !== undefined && left > 0; node = node.above, left--)
      if (node === other) return true;
    return false;
  }

  /** Those around it, the nearest first. */
  *around(): Generator<Node> {
    let left = MAX_DEPTH;
    for (let node = this.outer; node !== undefined && left > 0; node = node.outer, left--) yield node;
  }

  /** Those inside it, so deep. */
  *within(left = MAX_DEPTH): Generator<Node> {
    for (const node of left > 0 ? this.inner : []) {
      yield node;
      yield* node.within(left - 1);
    }
  }
}

/**
 * Finds the calls that spans tell of: one that its client, its server, a proxy and the instrumentation of each tell of is one
 * call. A gateway that sends requests of its own (`anew`) is a client of its servers: those are calls of their own.
 * @param seen spans in any order, of any number of traces; of the same span the first counts
 * @param parents the parents of other spans of the same traces, by `spanKey`: they connect what they lie between
 */
export function callsOf(seen: Iterable<SeenOperation>, parents: Parents = new Map()): Call[] {
  const nodes = new Map<string, Node>();
  for (const one of seen) {
    const key = spanKey(one.span.traceId, one.span.spanId);
    if (!nodes.has(key)) nodes.set(key, new Node(one));
  }
  for (const node of nodes.values()) {
    node.above = nodeAbove(node, nodes, parents);
    if (node.above !== undefined && isSameRequest(node.above.seen, node.seen)) node.put(node.above);
  }
  const all = [...nodes.values()].sort((a, b) => a.seen.span.startedAt - b.seen.span.startedAt);
  joinServers(all);
  joinClients(all);
  return all.filter(standsForCall).map(toCall);
}

export const spanKey = (traceId: string, spanId: string): string => `${traceId}/${spanId}`;

/** The nearest span around it that is an operation of MCP. */
function nodeAbove({ seen: { span } }: Node, nodes: ReadonlyMap<string, Node>, parents: Parents): Node | undefined {
  let parent = span.parentSpanId;
  for (let depth = 0; parent !== undefined && parent !== span.spanId && depth < MAX_DEPTH; depth++) {
    const key = spanKey(span.traceId, parent);
    const node = nodes.get(key);
    if (node !== undefined) return node;
    parent = parents.get(key);
  }
  return undefined;
}

/**
 * Do a span and the one below it, with no operation between them, tell of one request? They do if both say so by their
 * methods, targets, ids and sessions, and
 * - a client is in a client: a library in another;
 * - a server is in a client: the two ends;
 * - a server is in a server that hands requests on, or in one of its own service: a server that is mounted on another;
 * - a client is in a server that hands requests on and made both spans.
 */
export function isSameRequest({ operation: outer }: SeenOperation, { operation: inner }: SeenOperation): boolean {
  if (!agree(outer, inner)) return false;
  if (outer.role === 'client') return haveSameTarget(outer, inner);
  const through = outer.passage === 'through';
  if (inner.role === 'client') return through && outer.emitter === inner.emitter && haveSameTarget(outer, inner);
  if (outer.passage === 'anew') return false;
  // A server that is mounted on another knows its tools by other names.
  if (outer.emitter === inner.emitter && hasSame(outer, inner, 'sessionId', 'requestId')) return true;
  if (!haveSameTarget(outer, inner)) return false;
  return through || outer.serverService === inner.serverService || hasSame(outer, inner, 'requestId');
}

/** Nothing that both say differs. */
const agree = (one: SpanOperation, other: SpanOperation): boolean =>
  one.method === other.method &&
  one.direction === other.direction &&
  isUndisputed(one.requestId, other.requestId) &&
  (one.ownSessionId === true || other.ownSessionId === true || isUndisputed(one.sessionId, other.sessionId));

/** At least one says nothing, or both say the same. */
export const isUndisputed = (one: string | undefined, other: string | undefined): boolean =>
  one === undefined || other === undefined || one === other;

const hasSame = (one: SpanOperation, other: SpanOperation, ...keys: ('requestId' | 'sessionId')[]): boolean =>
  keys.some((key) => one[key] !== undefined && one[key] === other[key]);

const haveSameTarget = (one: SpanOperation, other: SpanOperation): boolean =>
  isUndisputed(one.target, other.target) && isUndisputed(one.uri, other.uri);

/**
 * A proxy that hands requests on, and the server behind it: no span connects them where the server takes its parent from
 * `_meta` and the proxy writes headers only. Then both are below the client, or each is in a trace of its own.
 */
function joinServers(all: readonly Node[]): void {
  const tops = all.filter((node) => node.role === 'server' && !hasServerAround(node));
  const behind = new Candidates(
    tops.filter(({ seen }) => seen.operation.passage === undefined),
    keysOfServer,
  );
  for (const proxy of tops) {
    if (proxy.seen.operation.passage !== 'through' || hasServerWithin(proxy)) continue;
    const found = behind.take(proxy, (node) => mayBeBehind(proxy, node));
    if (found === undefined) continue;
    const client = found.outer;
    found.take();
    found.put(proxy);
    if (proxy.outer === undefined && client !== undefined) proxy.put(client);
  }
}

/** One client, if it was seen: two requests of one agent lie beside each other, too. */
function mayBeBehind(proxy: Node, node: Node): boolean {
  if (proxy.outer !== undefined && node.outer !== undefined) return proxy.outer === node.outer;
  const [one, other] = [proxy.seen.span, node.seen.span];
  return one.traceId !== other.traceId || one.parentSpanId === undefined || one.parentSpanId !== other.parentSpanId;
}

/** The two ends of a request that no span connects: the context was not handed on, or the spans between are not here. */
function joinClients(all: readonly Node[]): void {
  const ends = all.filter((node) => node.role === 'client' && !hasServerWithin(node) && !hasServerAround(node));
  const servers = new Candidates(
    all.filter((node) => node.role === 'server' && node.outer === undefined),
    keysOf,
  );
  for (const client of ends) {
    if (client.inner.length > 0) continue;
    servers.take(client, () => true)?.put(client);
  }
}

const hasServerAround = (node: Node): boolean => node.around().some(({ role }) => role === 'server');
const hasServerWithin = (node: Node): boolean => node.within().some(({ role }) => role === 'server');

/** Spans that may be the inner part of another, each of them once. */
class Candidates {
  /** By what they have in common, in the order in which they started. */
  readonly #by: ReadonlyMap<string, { node: Node }[]>;
  readonly #taken = new Set<Node>();
  readonly #keysOf: (node: Node) => string[];

  /** @param nodes in the order in which they started */
  constructor(nodes: readonly Node[], keysOfNode: (node: Node) => string[]) {
    this.#keysOf = keysOfNode;
    this.#by = Map.groupBy(
      nodes.flatMap((node) => keysOfNode(node).map((key) => ({ key, node }))),
      ({ key }) => key,
    );
  }

  /** The one that started nearest to it, among those that may be its inner part; it is not given again. */
  take(outer: Node, mayBe: (node: Node) => boolean): Node | undefined {
    for (const key of this.#keysOf(outer)) {
      for (const node of nearest(this.#by.get(key) ?? [], outer.seen.span.startedAt)) {
        if (this.#taken.has(node) || node === outer || node.liesIn(outer) || outer.liesIn(node)) continue;
        if (!mayBe(node) || !mayLieIn(outer, node)) continue;
        this.#taken.add(node);
        return node;
      }
    }
    return undefined;
  }
}

/** At most `MAX_CANDIDATES` of them, those first that started nearest to a time. */
function* nearest(sorted: readonly { node: Node }[], at: number): Generator<Node> {
  const startOf = (index: number) => sorted[index]?.node.seen.span.startedAt;
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((startOf(middle) ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  let [before, after] = [low - 1, low];
  for (let left = MAX_CANDIDATES; left > 0; left--) {
    const [earlier, later] = [startOf(before), startOf(after)];
    if (earlier === undefined && later === undefined) return;
    const isLater = earlier === undefined || (later !== undefined && later - at <= at - earlier);
    const found = sorted[isLater ? after++ : before--];
    if (found !== undefined) yield found.node;
  }
}

/** What two spans of one request have in common, if nothing connects them. */
function keysOf({ seen: { span, operation } }: Node): string[] {
  const { method, sessionId, ownSessionId } = operation;
  const keys = [`trace/${span.traceId}/${method}`];
  if (sessionId !== undefined && ownSessionId !== true) keys.push(`session/${sessionId}/${method}`);
  return keys;
}

/** A proxy and the server behind it are also known by one name. Nothing else connects a handshake, which has no session yet. */
function keysOfServer(node: Node): string[] {
  const { serverName, method } = node.seen.operation;
  return serverName === undefined ? keysOf(node) : [...keysOf(node), `server/${serverName}/${method}`];
}

function mayLieIn({ seen: outer }: Node, { seen: inner }: Node): boolean {
  if (!agree(outer.operation, inner.operation) || !haveSameTarget(outer.operation, inner.operation)) return false;
  const skew = hasSame(outer.operation, inner.operation, 'requestId') ? MAX_SKEW_WITH_ID_MS : MAX_SKEW_MS;
  return inner.span.startedAt >= outer.span.startedAt - skew && inner.span.endedAt <= outer.span.endedAt + skew;
}

/** The outermost span of a server, or the innermost of a client whose request no server told of. */
function standsForCall(node: Node): boolean {
  if (node.role === 'server') return !hasServerAround(node);
  return node.inner.length === 0 && !hasServerAround(node);
}

function toCall(chosen: Node): Call {
  const outside = [...chosen.around()];
  const inside = [...chosen.within()];
  return {
    chosen: chosen.seen,
    operation: mergedOperation(
      [chosen, ...inside, ...outside].map(({ seen }) => seen.operation),
      inside.length + 1,
    ),
    spans: [...outside.toReversed(), chosen, ...inside].map(({ seen }) => seen),
  };
}
