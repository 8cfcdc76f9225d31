import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import { DataqueryBuilder, SearchTableType } from '@grafana/grafana-foundation-sdk/tempo';
import { ATTR, SPAN } from '../../src/telemetry/semconv.ts';
import { JAEGER, TEMPO } from './data-sources.ts';
import { describe, NO_VALUE, properties, type About, type Look } from './panel.ts';

/** What is shown of a span: an attribute, its header, and how. */
type Column = readonly [attribute: string, header: string, look?: Look];

/** Tempo hands every value over as text: what has a look is a number, and made one. */
const WHOSE: readonly Column[] = [
  [ATTR.server, 'Server'],
  [ATTR.client, 'Client'],
  [ATTR.clientVersion, 'Version'],
];
const TOTALS: readonly Column[] = [
  [ATTR.summaryToolCalls, 'Calls', {}],
  [ATTR.summaryFailed, 'Failed', {}],
  [ATTR.summaryRejected, 'Rejected', {}],
  [ATTR.summaryHandshakes, 'Handshakes', {}],
  [ATTR.summaryHandshakeSeconds, 'Handshake time', { unit: 's', decimals: 3 }],
  [ATTR.endReason, 'Ended by'],
];
const WHICH: readonly Column[] = [
  [ATTR.sessionOpened, 'Opened by'],
  [ATTR.sessionId, 'Session id'],
  [ATTR.conversationId, 'Conversation'],
];

/** Spans to look for, and what to show of them. */
interface Search {
  query: string;
  columns: readonly Column[];
  /** The most of one trace. */
  each: number;
}

const CHOSEN = `span.${ATTR.server} =~ \`\${server:regex}\` && span.${ATTR.client} =~ \`\${client:regex}\``;

/**
 * A condition on single spans, and what to show of them: Tempo keeps the parts of a long trace apart for a while, so
 * what a query says of a trace (its root's name, its duration) may be true of one part only.
 */
function search(conditions: readonly string[], columns: readonly Column[], each: number): Search {
  const where = [CHOSEN, ...conditions].join(' && ');
  const shown = columns.map(([attribute]) => `span.${attribute}`).join(', ');
  return { query: `{ ${where} } | select(${shown})`, columns, each };
}

const PARTS = 10;

/** Sessions by what they added up to, known when they ended. */
export const endedSessions = (...conditions: string[]): Search =>
  search([`name = "${SPAN.summary}"`, ...conditions], [...WHOSE, ...TOTALS, ...WHICH], PARTS);

/** Sessions by their beginning, known at once. */
export const begunSessions = (...conditions: string[]): Search =>
  search([`name = "${SPAN.session}"`, ...conditions], [...WHOSE, ...WHICH], PARTS);

/** Traces, by any span of theirs: what a conversation is called is not known when its sessions begin. */
export const traces = (...conditions: string[]): Search => search(conditions, [...WHOSE, ...WHICH], 1);

export const SESSION = {
  failing: `span.${ATTR.summaryFailed} > 0`,
  rejecting: `span.${ATTR.summaryRejected} > 0`,
  empty: `span.${ATTR.summaryToolCalls} = 0`,
  long: 'duration > $long',
  wanted: `(span.${ATTR.sessionId} = "$session" || span.${ATTR.conversationId} = "$session")`,
} as const;

/** Spans that a TraceQL query finds, a row each; a click opens the trace. */
export function tempoTable(about: About, { query, columns, each }: Search): Builder<Panel> {
  const order = ['Start time', 'Duration', 'Span ID', ...columns.map(([attribute]) => attribute)];
  const numbers = columns.filter(([, , look]) => look !== undefined);
  const panel = describe(new PanelBuilder(), about, TEMPO)
    .withTarget(
      new DataqueryBuilder()
        .refId('A')
        .datasource(TEMPO)
        .queryType('traceql')
        .query(query)
        .filters([])
        .tableType(SearchTableType.Spans)
        .limit(100)
        .spss(each),
    )
    .withTransformation({
      id: 'convertFieldType',
      options: {
        fields: {},
        conversions: numbers.map(([attribute]) => ({ targetField: attribute, destinationType: 'number' })),
      },
    })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { 'Trace Service': true, 'Trace Name': true, Name: true, name: true },
        indexByName: Object.fromEntries(order.map((name, index) => [name, index])),
        renameByName: {
          'Span ID': 'Trace',
          ...Object.fromEntries(columns.map(([attribute, header]) => [attribute, header])),
        },
      },
    })
    .sortBy([new TableSortByFieldStateBuilder().displayName('Start time').desc(true)])
    .filterable(true)
    .overrideByRegexp('.*', NO_VALUE);
  for (const [, header, look = {}] of numbers) {
    if (look.unit !== undefined) panel.overrideByName(header, properties(look));
  }
  return panel;
}

/** A search of Grafana's Jaeger data source; the SDK has no builder for it. */
interface JaegerSearch {
  operation?: string;
  /** `key=value`, with spaces in between; Jaeger can compare for equality only. */
  tags?: string;
  minDuration?: string;
}

const jaegerSearch = (search: JaegerSearch): Builder<Dataquery> => ({
  build() {
    const query = {
      refId: 'A',
      datasource: JAEGER,
      queryType: 'search',
      service: '$service',
      ...search,
      tags: [search.tags, '$jaeger_tags'].filter(Boolean).join(' '),
      limit: 100,
    };
    // Every query type has this marker; it does not appear in the JSON.
    return { ...query, _implementsDataqueryVariant: () => undefined };
  },
});

export const jaegerTable = (about: About, search: JaegerSearch): Builder<Panel> =>
  describe(new PanelBuilder(), about, JAEGER)
    .withTarget(jaegerSearch(search))
    .sortBy([new TableSortByFieldStateBuilder().displayName('Start time').desc(true)])
    .filterable(true);
