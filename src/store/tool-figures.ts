import type { DatabaseSync } from 'node:sqlite';
import { numberAt, textAt, timeAt } from './columns.ts';
import { where, type Filter } from './filter.ts';
import { NOBODY_KNOWN, peopleFigures, type PeopleFigures } from './people-rows.ts';
import { ascending, median, quantile } from './quantile.ts';
import type { Collector, ScannedKind } from './scan.ts';

/** How a tool was used in the requested time. Times: milliseconds since the epoch. */
export interface ToolFigures extends PeopleFigures {
  server: string;
  tool: string;
  /** Calls of several rounds count once. */
  calls: number;
  /** Calls that failed, and calls that were rejected for a fault of the client. */
  failed: number;
  rejected: number;
  p50Seconds: number | undefined;
  p95Seconds: number | undefined;
  p99Seconds: number | undefined;
  /** The median size of answers without an error. */
  medianAnswerBytes: number | undefined;
  /** The size of all answers, those with an error too. */
  answerBytes: number;
  lastAt: number | undefined;
  definition: ToolDefinition | undefined;
  clients: readonly ToolClient[];
}

/** A tool as it is listed; undefined if no list was seen. */
export interface ToolDefinition {
  /** The size of its entry in the list, which each client that reads the list pays for. */
  bytes: number;
  hash: string;
  /** The number of different definitions so far, this one included. */
  versions: number;
  firstAt: number;
  /** When the latest of several definitions was first seen. */
  changedAt: number | undefined;
  /** When it was last seen in a list. */
  listedAt: number;
}

/** How one client uses a tool. */
export interface ToolClient {
  client: string;
  calls: number;
  failed: number;
  rejected: number;
  medianAnswerBytes: number | undefined;
  /** The client gets next to nothing, or its calls fail or are rejected, while other clients are served. */
  oddity: 'empty' | 'failing' | 'rejected' | undefined;
}

interface Counting {
  calls: number;
  failed: number;
  rejected: number;
  seconds: number[];
  bytes: number[];
  answerBytes: number;
  lastUs: number;
}

/** A client's answers are compared with those of others only if both have so many. */
const MIN_CALLS = 3;
/** `{"jsonrpc":"2.0","id":12,"result":{"content":[],"isError":false}}` and the like. */
const MAX_EMPTY_BYTES = 200;
const MAX_EMPTY_SHARE = 0.25;
const MIN_FAULT_SHARE = 0.5;
const MAX_WELL_SHARE = 0.1;

/** By server, the most called tool first; tools that were listed but not called come last. */
export function collectTools(db: DatabaseSync, filter: Filter): Collector<ToolFigures[]> {
  const tools = new Map<string, Map<string, Counting>>();
  const of = (server: string, tool: string): Map<string, Counting> => {
    const key = `${server}\0${tool}`;
    const known = tools.get(key) ?? new Map<string, Counting>();
    tools.set(key, known);
    return known;
  };
  const byKind = new Map<ScannedKind, Counting>();
  const visit: Collector<ToolFigures[]>['visit'] = (kind, startedUs, tookUs, _requestBytes, responseBytes) => {
    if (!kind.counts) return;
    let figures = byKind.get(kind);
    if (figures === undefined) {
      const clients = of(kind.server, kind.target);
      figures = clients.get(kind.client) ?? {
        calls: 0,
        failed: 0,
        rejected: 0,
        seconds: [],
        bytes: [],
        answerBytes: 0,
        lastUs: 0,
      };
      clients.set(kind.client, figures);
      byKind.set(kind, figures);
    }
    figures.answerBytes += responseBytes;
    // A call may fail in any of its rounds.
    if (kind.failed) figures.failed++;
    else if (kind.rejected) figures.rejected++;
    else if (kind.outcome === 'ok') figures.bytes.push(responseBytes);
    if (kind.first) {
      figures.calls++;
      figures.seconds.push(tookUs / 1_000_000);
    }
    if (startedUs > figures.lastUs) figures.lastUs = startedUs;
  };
  const finish = (): ToolFigures[] => {
    const definitions = definitionsOf(db, filter);
    // What is only offered is of no client, and has no status.
    if (filter.client === undefined && filter.status === undefined) {
      for (const { server, tool } of definitions.values()) of(server, tool);
    }
    // Who uses a tool is counted for all clients together.
    const peopleOf = filter.client === undefined ? peopleFigures(db, 'tool', filter) : () => NOBODY_KNOWN;
    return [...tools]
      .map(([key, clients]) => {
        const [server = '', tool = ''] = key.split('\0');
        return { ...finished(server, tool, clients, definitions.get(key)?.definition), ...peopleOf(server, tool) };
      })
      .toSorted((a, b) => a.server.localeCompare(b.server) || b.calls - a.calls || a.tool.localeCompare(b.tool));
  };
  return { visit, finish };
}

function finished(
  server: string,
  tool: string,
  clients: ReadonlyMap<string, Counting>,
  definition: ToolDefinition | undefined,
): Omit<ToolFigures, keyof PeopleFigures> {
  const all = [...clients.values()];
  const seconds = ascending(all.flatMap((figures) => figures.seconds));
  const lastUs = Math.max(0, ...all.map((figures) => figures.lastUs));
  return {
    server,
    tool,
    calls: sum(all, 'calls'),
    failed: sum(all, 'failed'),
    rejected: sum(all, 'rejected'),
    p50Seconds: quantile(seconds, 0.5),
    p95Seconds: quantile(seconds, 0.95),
    p99Seconds: quantile(seconds, 0.99),
    medianAnswerBytes: median(all.flatMap(({ bytes }) => bytes)),
    answerBytes: sum(all, 'answerBytes'),
    lastAt: lastUs === 0 ? undefined : lastUs / 1_000,
    definition,
    clients: [...clients]
      .map(([client, figures]) => ({
        client,
        calls: figures.calls,
        failed: figures.failed,
        rejected: figures.rejected,
        medianAnswerBytes: median(figures.bytes),
        oddity: oddityOf(
          figures,
          all.filter((other) => other !== figures),
        ),
      }))
      .toSorted((a, b) => b.calls - a.calls || a.client.localeCompare(b.client)),
  };
}

const sum = (all: readonly Counting[], name: 'calls' | 'failed' | 'rejected' | 'answerBytes'): number =>
  all.reduce((total, figures) => total + figures[name], 0);

/** Whether a client is served differently. Medians decide, since each client may ask for different things. */
function oddityOf(own: Counting, others: readonly Counting[]): ToolClient['oddity'] {
  if (own.calls < MIN_CALLS || sum(others, 'calls') < MIN_CALLS) return undefined;
  const standsOut = (what: 'failed' | 'rejected'): boolean =>
    own[what] / own.calls >= MIN_FAULT_SHARE && sum(others, what) / sum(others, 'calls') <= MAX_WELL_SHARE;
  if (standsOut('failed')) return 'failing';
  if (standsOut('rejected')) return 'rejected';
  const theirs = others.flatMap(({ bytes }) => bytes);
  const [bytes, theirBytes] = [median(own.bytes), median(theirs)];
  if (bytes === undefined || theirBytes === undefined) return undefined;
  if (own.bytes.length < MIN_CALLS || theirs.length < MIN_CALLS) return undefined;
  return bytes <= MAX_EMPTY_BYTES && bytes <= MAX_EMPTY_SHARE * theirBytes ? 'empty' : undefined;
}

function definitionsOf(
  db: DatabaseSync,
  { server, tool }: Filter,
): Map<string, { server: string; tool: string; definition: ToolDefinition }> {
  const conditions: Parameters<typeof where>[0][number][] = [];
  if (server !== undefined) conditions.push(['server = ?', server]);
  if (tool !== undefined) conditions.push(['tool = ?', tool]);
  const { sql, values } = where(conditions);
  const definitions: ReturnType<typeof definitionsOf> = new Map();
  /** When each version of a tool was first seen. What is only written differently is one version. */
  const versions = new Map<string, Map<string, number>>();
  for (const row of db.prepare(`SELECT * FROM tools ${sql} ORDER BY last_us, first_us`).all(...values)) {
    const [of, name, hash] = [textAt(row, 'server'), textAt(row, 'tool'), textAt(row, 'hash')];
    const key = `${of}\0${name}`;
    const firstSeen = versions.get(key) ?? new Map<string, number>();
    versions.set(key, firstSeen);
    const version = textAt(row, 'contract') || hash;
    const firstAt = timeAt(row, 'first_us') ?? 0;
    firstSeen.set(version, Math.min(firstSeen.get(version) ?? firstAt, firstAt));
    const times = [...firstSeen.values()];
    definitions.set(key, {
      server: of,
      tool: name,
      definition: {
        bytes: numberAt(row, 'bytes'),
        hash,
        versions: times.length,
        firstAt: Math.min(...times),
        changedAt: times.length === 1 ? undefined : Math.max(...times),
        listedAt: timeAt(row, 'last_us') ?? 0,
      },
    });
  }
  return definitions;
}
