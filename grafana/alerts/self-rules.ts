import { labels } from '../dashboards/promql.ts';
import { WINDOW } from './calls.ts';
import { HOUR, MINUTE, series } from './promql.ts';
import type { AlertRule, RuleGroup } from './rule.ts';

const INSTANCE = ['server', 'instance'] as const;
/** Every mcpspan sends this from its start on, even without events. */
const SIGN_OF_LIFE = series('copiesDropped');
const REMEMBERED = 6 * HOUR;

const copiesDropped: AlertRule = {
  alert: 'McpspanCopiesDropped',
  about: INSTANCE,
  severity: 'warning',
  for: 5 * MINUTE,
  comment: 'A burst may lose a few copies; this is more than that.',
  expr: ({ promql }) => `${promql.increase(INSTANCE, series('copiesDropped'), WINDOW)} >= 20`,
  summary:
    'mcpspan did not read {{ printf "%.0f" .Value }} pieces of the traffic of {{ .Labels.mcpspan_server }} in 15 minutes',
  meaning:
    'The traffic itself passed untouched. But the observer is behind, and there was no room for copies of the traffic: spans may be missing or marked incomplete, counts are too low, other alerts may be wrong.',
  action:
    'Give the process another core, or run more instances. If bodies are large, lower --max-message-bytes; if traffic comes in bursts, raise --observe-credit-bytes.',
  panel: { dashboard: 'mcpspan-trust', title: 'Was everything read?' },
};

const observerRestarts: AlertRule = {
  alert: 'McpspanObserverRestarts',
  about: INSTANCE,
  severity: 'warning',
  for: 0,
  comment: 'A single restart may happen; a log event reports it.',
  expr: ({ promql }) => `${promql.increase(INSTANCE, series('observerRestarts'), 2 * WINDOW)} >= 2`,
  summary: 'The observer of {{ .Labels.mcpspan_server }} died {{ printf "%.0f" .Value }} times in 30 minutes',
  meaning:
    'The thread that reads the copies crashes and is started again. Traffic goes on. At each crash telemetry loses the operations in progress, and sessions that were open count as attached.',
  action: 'Read the reason on stderr of that instance and report it. If it says out of memory, lower --max-sessions.',
  panel: { dashboard: 'mcpspan-trust', title: 'Did the observer have to be restarted?' },
};

const exportsFailing: AlertRule = {
  alert: 'McpspanExportsFailing',
  about: INSTANCE,
  severity: 'warning',
  for: 15 * MINUTE,
  comment: `It must last longer than the window: a collector that was away and is back shows as one step, which is over by then.
When nothing at all arrives, McpspanSilent fires.`,
  expr: ({ promql }) => `${promql.increase(INSTANCE, series('exportFailures'), 10 * MINUTE)} >= 3`,
  summary:
    'mcpspan before {{ .Labels.mcpspan_server }} cannot deliver its telemetry: {{ printf "%.0f" .Value }} batches failed in 10 minutes',
  meaning:
    'Metrics arrive, since this alert is made from them; but traces or logs do not: they are refused or too large, or their endpoint is down. They wait in the spool while there is room.',
  action:
    "stderr of that instance names the endpoint and the reason, once. Check the collector's receiver and its exporters, credentials in OTEL_EXPORTER_OTLP_HEADERS, certificates.",
  panel: { dashboard: 'mcpspan-trust', title: 'Does the telemetry arrive?' },
};

const itemsLost: AlertRule = {
  alert: 'McpspanItemsLost',
  about: [...INSTANCE, 'signal'],
  severity: 'warning',
  for: 0,
  comment: 'There is no `for`, since after an outage the figure comes in one step.',
  expr: ({ promql }) => `${promql.grownSinceHeard([...INSTANCE, 'signal'], series('itemsLost'), WINDOW)} >= 10`,
  summary: '{{ printf "%.0f" .Value }} {{ .Labels.mcpspan_signal }} of {{ .Labels.mcpspan_server }} will never arrive',
  meaning:
    'They could not be delivered and there was no room to keep them, or they were refused for good. Traces of that time have holes. Metrics are cumulative and lose only resolution.',
  action:
    'If the collector was away for long, enlarge --spool-max-mb, or give --spool a folder. If it refuses, stderr says why: usually a size limit or a missing header.',
  panel: { dashboard: 'mcpspan-trust', title: 'What was lost for good?' },
};

const silent: AlertRule = {
  alert: 'McpspanSilent',
  about: ['server'],
  severity: 'critical',
  for: 5 * MINUTE,
  comment: `This alert does not depend on the path that it watches: it is about metrics that did not arrive. It names a server that was
heard of in the past 6 hours; when nothing came from anywhere for that long, it names none.`,
  expr: ({ promql }) => {
    const heard = (seconds: number): string =>
      `group by (${labels('server')}) (last_over_time(${promql.range(SIGN_OF_LIFE, seconds)}))`;
    return `(
  ${heard(REMEMBERED)}
  unless ${heard(5 * MINUTE)}
)
or absent_over_time(${promql.range(SIGN_OF_LIFE, REMEMBERED)})`;
  },
  summary: 'Nothing is heard of mcpspan{{ with .Labels.mcpspan_server }} before {{ . }}{{ end }}: no metrics arrive',
  meaning:
    'mcpspan is down, or its path to Prometheus is cut: by the collector, by the network, or because Prometheus refuses its data. Meanwhile every other alert is blind. If mcpspan is down, its clients cannot reach the server.',
  action:
    "First check whether clients still get through (ask /readyz of mcpspan, call a tool). If they do, follow the telemetry: stderr of mcpspan, the collector's own metrics and log, Prometheus. If the server was removed on purpose, silence the alert for 6 hours.",
  panel: { dashboard: 'mcpspan-trust', title: 'Does every mcpspan report?' },
};

export const SELF_RULES: RuleGroup = {
  name: 'mcpspan-self',
  recording: [],
  alerts: [copiesDropped, observerRestarts, exportsFailing, itemsLost, silent],
};
