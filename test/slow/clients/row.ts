import { total, valuesOf } from '../../e2e/signals.ts';
import type { OtlpReceiver } from '../../support/otlp-receiver.ts';
import type { Exchange } from './witness.ts';

/** One client against one server: a line of the table in docs/clients.md, as it was measured. */
export interface Row {
  readonly client: string;
  readonly version: string;
  readonly server: string;
  /** Of its tool calls, with the revision. */
  readonly era: string;
  /** How many, and what tells them apart. */
  readonly sessions: string;
  /** Whether it ends its sessions, where it has any. */
  readonly delete: string;
  /** Where it says which trace its requests belong to. */
  readonly traceContext: string;
  readonly verdict: string;
}

const SOURCES = ['header', 'process', 'conversation', 'principal', 'peer'];

/** What the proxy told of the client, and a witness saw of it. @param exchanges undefined: it did not speak HTTP */
export function measured(
  receiver: OtlpReceiver,
  exchanges: readonly Exchange[] | undefined,
): Pick<Row, 'era' | 'sessions' | 'delete' | 'traceContext' | 'verdict'> {
  const calls = receiver.spans.filter(
    ({ attributes, scope }) => scope.name === 'mcpspan' && attributes['mcp.method.name'] === 'tools/call',
  );
  const of = (name: string): string => words(calls.map(({ attributes }) => attributes[name]));
  const sessions = SOURCES.flatMap((source) => {
    const count = total(receiver, 'mcpspan.sessions', { 'mcpspan.session.source': source });
    return count === 0 ? [] : [`${count} ${source}`];
  });
  const verdicts = valuesOf(receiver, 'mcpspan.client.verdict', 'mcpspan.verdict').filter(
    (verdict) => total(receiver, 'mcpspan.client.verdict', { 'mcpspan.verdict': verdict }) > 0,
  );
  return {
    era: `${of('mcpspan.era')} ${of('mcp.protocol.version')}`,
    sessions: sessions.join(', '),
    delete: exchanges === undefined ? '–' : deletes(exchanges),
    traceContext: exchanges === undefined ? '–' : contextOf(exchanges),
    verdict: words(verdicts),
  };
}

const words = (values: readonly unknown[]): string =>
  [...new Set(values.filter((value) => typeof value === 'string'))].join(', ');

function deletes(exchanges: readonly Exchange[]): string {
  if (exchanges.some(({ method }) => method === 'DELETE')) return 'yes';
  return exchanges.some(({ headers }) => headers['mcp-session-id'] !== undefined) ? 'no' : '–';
}

function contextOf(exchanges: readonly Exchange[]): string {
  const places = [
    ...(exchanges.some(({ headers }) => headers['traceparent'] !== undefined) ? ['header'] : []),
    ...(exchanges.some(({ body }) => /"traceparent"\s*:/.test(body.toString())) ? ['_meta'] : []),
  ];
  return places.join(', ') || 'none';
}
