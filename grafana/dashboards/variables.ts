import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { METRIC } from '../../src/telemetry/semconv.ts';
import { prometheusName } from '../prometheus-name.ts';
import { PROMETHEUS } from './data-sources.ts';
import { labels, selector, type Label, type Matchers } from './promql.ts';

const source = (name: string, label: string, type: string): Builder<VariableModel> =>
  new DatasourceVariableBuilder(name).label(label).type(type).current({ text: label, value: type });

/** A choice of several values or all, among those that the variables before it allow. */
function choice(
  name: string,
  caption: string,
  metric: string,
  narrowed: Matchers,
  label: Label,
): Builder<VariableModel> {
  const query = `label_values(${selector(metric, narrowed)}, ${labels(label)})`;
  return new QueryVariableBuilder(name)
    .label(caption)
    .datasource(PROMETHEUS)
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalCaseInsensitiveAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: ['All'], value: ['$__all'] });
}

/** This metric is exported from the start on, even before there is any traffic. */
const ALWAYS = prometheusName(METRIC.copiesDropped);
const OPERATIONS = `${prometheusName(METRIC.serverOperation)}_count`;
const ofServer = { server: '=~"$server"' };
const ofClient = { ...ofServer, client: '=~"$client"' };

const VARIABLES = {
  datasource: () => source('datasource', 'Prometheus', 'prometheus'),
  tempo: () => source('tempo', 'Tempo', 'tempo'),
  jaeger: () => source('jaeger', 'Jaeger', 'jaeger'),
  server: () => choice('server', 'Server', ALWAYS, {}, 'server'),
  client: () => choice('client', 'Client', OPERATIONS, ofServer, 'client'),
  tool: () => choice('tool', 'Tool', OPERATIONS, { ...ofClient, method: '="tools/call"' }, 'toolName'),
  instance: () => choice('instance', 'Instance', ALWAYS, ofServer, 'instance'),
  window: () =>
    new CustomVariableBuilder('window')
      .label('Ratio over')
      .description(
        'How far back each point of a ratio looks. The alert looks back 15m; with little traffic choose more.',
      )
      .values('15m,1h,6h,1d')
      .current({ text: '15m', value: '15m' }),
  price_per_server_hour: () =>
    text(
      'price_per_server_hour',
      'Price of a server hour',
      'What an hour of one server costs you, in any currency.',
      '0.10',
    ),
  long: () =>
    new CustomVariableBuilder('long')
      .label('Long from')
      .description('The duration from which a session counts as long.')
      .values('10m,30m,1h,4h,12h')
      .current({ text: '1h', value: '1h' }),
  session: () =>
    text('session', 'Session or conversation id', 'An Mcp-Session-Id, or a conversation key, as it was sent.', ''),
  service: () =>
    text('service', 'Service in Jaeger', "mcpspan's service name: OTEL_SERVICE_NAME, if you set it.", 'mcpspan'),
  jaeger_tags: () =>
    text(
      'jaeger_tags',
      'Tags in Jaeger',
      'Further tags that a span must have, as key=value with spaces in between.',
      '',
    ),
} satisfies Record<string, () => Builder<VariableModel>>;

export type VariableName = keyof typeof VARIABLES;

export const variables = (names: readonly VariableName[]): Builder<VariableModel>[] =>
  names.map((name) => VARIABLES[name]());

function text(name: string, label: string, description: string, value: string): Builder<VariableModel> {
  return new TextBoxVariableBuilder(name)
    .label(label)
    .description(description)
    .defaultValue(value)
    .current({ text: value, value });
}
