import { bytes, count, counted, duration } from '../../reading/figures.ts';
import type { StoredProcess } from '../../store/process-row.ts';
import type { StoredCount } from '../../store/reader.ts';
import type { Health } from '../answers.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { grid } from './grid.ts';
import { ago, code, nothing, when } from './parts.ts';

/** What mcpspan counts of itself, and what it means that it is not zero. */
const TROUBLES: readonly { name: string; calm?: true; says(number: number): string }[] = [
  {
    name: 'copiesDropped',
    says: (number) =>
      `${counted(number, 'copy', 'copies')} dropped: the observer could not keep up; figures are incomplete, traffic is not`,
  },
  { name: 'observerRestarts', says: (number) => `the observer was started again ${counted(number, 'time')}` },
  { name: 'exportFailures', says: (number) => `${counted(number, 'export')} failed` },
  { name: 'spansLost', says: (number) => `${counted(number, 'span')} lost` },
  { name: 'logsLost', says: (number) => `${counted(number, 'log record')} lost` },
  { name: 'operationsNotStored', says: (number) => `${counted(number, 'operation')} not in the store` },
  { name: 'spansWaiting', says: (number) => `${counted(number, 'span')} wait for the collector` },
  { name: 'logsWaiting', says: (number) => `${counted(number, 'log record')} wait for the collector` },
  {
    name: 'tracesWithheld',
    says: (number) => `${counted(number, 'refused call')} without a trace: a scanner shall not fill your trace store`,
  },
  {
    name: 'labelsFolded',
    calm: true,
    says: (number) => `${counted(number, 'unknown client or tool name')} counted together (--max-clients, --max-tools)`,
  },
];

const ANOMALIES: Readonly<Record<string, string>> = {
  'too-large': 'messages too large to be read (they were forwarded whole)',
  lost: 'requests without an answer',
  'observer-fault': 'faults of the observer',
  'request-trailers': 'request trailers dropped',
};

export function healthView({ processes, counts, store, at }: Health, context: Context): Children {
  const seen = counts.filter(({ what }) => what.startsWith('anomaly-') || what.startsWith('http-'));
  return [
    h('h2', { key: 'running title' }, 'mcpspan itself'),
    processes.length === 0
      ? nothing('No mcpspan has written to this store yet.', [
          'Start one: ',
          code('mcpspan --upstream http://localhost:3000/mcp'),
        ])
      : processTable(processes, at, context),
    h('h2', { key: 'store title' }, 'Store'),
    h(
      'dl',
      { key: 'store', class: 'facts card' },
      [
        [
          'where',
          store.path === 'memory' ? 'in memory: gone when mcpspan ends (--store PATH keeps it)' : code(store.path),
        ],
        ['size', bytes(store.bytes)],
        [
          'holds',
          `${counted(store.operations, 'operation')} in ${counted(store.sessions, 'session and activity', 'sessions and activities')}`,
        ],
        ['from', [when(store.firstAt, at), ' to ', when(store.lastAt, at)]],
        [
          'dropped for room',
          store.pruned === 0 ? 'nothing yet' : `${counted(store.pruned, 'operation')} (--store-max-mb)`,
        ],
        ...(store.notStored === 0
          ? []
          : [
              [
                'not stored',
                h('span', { class: 'red' }, `${counted(store.notStored, 'operation')}: the file could not be written`),
              ],
            ]),
      ].map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
    ),
    h('h2', { key: 'odd title' }, 'What was odd in the traffic'),
    seen.length === 0
      ? nothing('Nothing odd was seen in this time.')
      : h('ul', { key: 'odd', class: 'list' }, seen.map(oddity)),
  ];
}

function processTable(processes: readonly StoredProcess[], at: number, context: Context): VirtualElement {
  return grid<StoredProcess>({
    key: 'processes',
    caption: 'Running and earlier mcpspans',
    rows: processes,
    keyOf: ({ instance }) => instance,
    sorting: context.sorting.get('processes'),
    onSort: (sorting) => context.sort('processes', sorting),
    columns: [
      {
        id: 'server',
        title: 'Server',
        cell: ({ server, running }) => [
          h('span', { class: running ? 'dot good' : 'dot', 'aria-hidden': 'true' }),
          server,
        ],
        sort: ({ server }) => server,
        tone: () => 'main',
      },
      { id: 'state', title: 'State', cell: (process) => state(process, at), sort: ({ seenAt }) => seenAt },
      {
        id: 'where',
        title: 'From, to',
        cell: ({ transport, address, upstream }) =>
          transport === 'stdio' ? 'wraps a command' : [address, h('span', { class: 'muted' }, ' → '), upstream],
      },
      { id: 'exports', title: 'Telemetry goes to', cell: (process) => exported(process, at) },
      { id: 'troubles', title: 'Troubles', cell: (process) => troubles(process), tone: () => 'wrap' },
      { id: 'version', title: 'Version', wide: true, cell: ({ version, pid }) => `${version}, pid ${pid}` },
    ],
  });
}

function state({ running, startedAt, endedAt, seenAt }: StoredProcess, at: number): Children {
  if (running) return `runs for ${duration(Math.max(1, Math.round((at - startedAt) / 1_000)))}`;
  if (endedAt !== undefined) return `ended ${ago(endedAt, at)}`;
  return h('span', { class: 'orange' }, `silent: last heard of ${ago(seenAt, at)}`);
}

/** By the signal: what it is made of. */
const ITEMS: Readonly<Record<string, string>> = { traces: 'spans', metrics: 'metrics', logs: 'logs' };

function exported({ exports, figures, running }: StoredProcess, at: number): Children {
  const targets = [...new Set(Object.values(exports))];
  if (targets.length === 0) return h('span', { class: 'muted' }, 'nowhere (set OTEL_EXPORTER_OTLP_ENDPOINT)');
  const failing = Object.keys(exports).flatMap((signal) => {
    const since = figures[`${ITEMS[signal]}FailingSince`];
    return since === undefined || !running
      ? []
      : [`${signal}: out of reach for ${duration(Math.max(1, Math.round((at - since) / 1_000)))}`];
  });
  return [
    targets.map((target) => {
      const signals = Object.keys(exports).filter((name) => exports[name] === target);
      return h('div', {}, `${signals.join(', ')}: ${target}`);
    }),
    failing.map((text) => h('div', { class: 'red' }, text)),
  ];
}

function troubles({ figures }: StoredProcess): Children {
  const told = TROUBLES.filter(({ name }) => (figures[name] ?? 0) > 0);
  if (told.length === 0) return 'none';
  return told.map(({ name, says, calm }) => h('div', { class: calm ? 'muted' : 'orange' }, says(figures[name] ?? 0)));
}

function oddity({ server, client, what, number }: StoredCount): VirtualElement {
  const [kind = '', ...rest] = what.split('-');
  const name = rest.join('-');
  const text = kind === 'http' ? `requests refused with HTTP ${name}` : (ANOMALIES[name] ?? `anomaly: ${name}`);
  return h(
    'li',
    { key: `${server} ${client ?? ''} ${what}` },
    h('strong', {}, count(number)),
    h('span', {}, text),
    h('span', { class: 'end muted' }, [client, server].filter(Boolean).join(', ')),
  );
}
