import { countedNoticeInWords } from '../../reading/notice-words.ts';
import { bytes, count, counted, duration } from '../../reading/figures.ts';
import type { StoredProcess } from '../../store/process-row.ts';
import type { StoreContents, StoredCount } from '../../store/reader.ts';
import { countedRefusals } from '../../reading/refusal-words.ts';
import {
  namesInWords,
  outageInWords,
  outageOf,
  serverHealth,
  upstreamsInWords,
  wholeProcesses,
  type WholeProcess,
} from '../../reading/upstream-health.ts';
import type { Health } from '../api.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { grid } from './grid.ts';
import { refusalList } from './nobody-view.ts';
import { ago, code, link, nothing, when } from './parts.ts';
import { elsewhere, type Route } from './route.ts';
import { upstreamsBoard } from './upstreams-board.ts';

/** What mcpspan counts about itself, and what a count above zero means. `harmless`: nothing is wrong. */
const TROUBLES: readonly { name: string; harmless?: true; describe(number: number): string }[] = [
  {
    name: 'copiesDropped',
    describe: (number) =>
      `${counted(number, 'copy', 'copies')} dropped: the observer could not keep up. Figures are incomplete; traffic is not affected`,
  },
  { name: 'observerRestarts', describe: (number) => `the observer was restarted ${counted(number, 'time')}` },
  { name: 'exportFailures', describe: (number) => `${counted(number, 'export')} failed` },
  { name: 'spansLost', describe: (number) => `${counted(number, 'span')} lost` },
  { name: 'logsLost', describe: (number) => `${counted(number, 'log record')} lost` },
  { name: 'operationsNotStored', describe: (number) => `${counted(number, 'operation')} not in the store` },
  { name: 'spansWaiting', describe: (number) => `${counted(number, 'span')} wait for the collector` },
  { name: 'logsWaiting', describe: (number) => `${counted(number, 'log record')} wait for the collector` },
  {
    name: 'tracesWithheld',
    describe: (number) =>
      `${counted(number, 'refused call')} got no trace, so that a scanner cannot fill your trace store`,
  },
  {
    name: 'labelsFolded',
    harmless: true,
    describe: (number) =>
      `${counted(number, 'client or tool name')} too many: counted together (--max-clients, --max-tools)`,
  },
];

const ANOMALIES: Readonly<Record<string, string>> = {
  'too-large': 'messages too large to read (forwarded whole)',
  lost: 'requests without an answer',
  'unmatched-response': 'answers that fit no call',
  'endpoint-elsewhere': 'endpoints on other hosts, past mcpspan',
  'observer-fault': 'faults of the observer',
  'server-spans-dropped': 'answers with server spans left out (docs/telemetry.md)',
  'tools-not-followed': 'definitions of tools that were too large, too many, or changed too often to be followed',
  'journey-dropped': 'attempts to connect that were not followed: too many at a time',
};

export function healthView({ processes, counts, store, at }: Health, context: Context): Children {
  const told = notices(counts);
  const refusals = countedRefusals(counts);
  const seen = counts.filter(({ what }) => what.startsWith('anomaly-') || what.startsWith('http-'));
  const servers = serverHealth(processes);
  return [
    // Of one server the table says it all.
    servers.length > 1 && [h('h2', { key: 'upstreams title' }, 'Upstreams'), upstreamsBoard(servers, at)],
    h('h2', { key: 'running title' }, 'mcpspan itself'),
    processes.length === 0
      ? nothing('No mcpspan has written to this store yet.', [
          'Start one: ',
          code('mcpspan --upstream http://localhost:3000/mcp'),
        ])
      : processTable(wholeProcesses(processes), at, context),
    h('h2', { key: 'store title' }, 'Store'),
    h(
      'dl',
      { key: 'store', class: 'facts card' },
      [
        [
          'where',
          store.path === 'memory' ? 'in memory: lost when mcpspan ends (--store PATH keeps it)' : code(store.path),
        ],
        ['size', bytes(store.bytes)],
        [
          'holds',
          [
            store.operations === 0
              ? counted(0, 'operation')
              : link(wholeOf(store, at, context.route), counted(store.operations, 'operation')),
            ` in ${counted(store.sessions, 'session and activity', 'sessions and activities')}`,
          ],
        ],
        ['from', [when(store.firstAt, at), ' to ', when(store.lastAt, at)]],
        [
          'deleted to make room',
          store.pruned === 0 ? 'nothing so far' : `${counted(store.pruned, 'operation')} (--store-max-mb)`,
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
    h('h2', { key: 'odd title' }, 'Oddities in the traffic'),
    told.length > 0 && h('ul', { key: 'notices', class: 'list' }, told),
    refusalList(refusals),
    seen.length === 0 && refusals.length === 0
      ? nothing('Nothing odd was seen in this period.')
      : h('ul', { key: 'odd', class: 'list' }, seen.map(oddity)),
  ];
}

/** All calls of the record, at all servers. */
const wholeOf = ({ firstAt = 0 }: StoreContents, at: number, route: Route): Route =>
  elsewhere(route, 'calls', { server: undefined, until: undefined, seconds: Math.ceil((at - firstAt) / 1_000) + 1 });

function processTable(processes: readonly WholeProcess[], at: number, context: Context): VirtualElement {
  return grid<WholeProcess>({
    key: 'processes',
    caption: 'Running and earlier mcpspan processes',
    rows: processes,
    keyOf: ({ latest }) => latest.instance,
    sorting: context.sorting.get('processes'),
    onSort: (sorting) => context.sort('processes', sorting),
    columns: [
      {
        id: 'server',
        title: 'Server',
        cell: ({ latest, servers }) => [
          h('span', { class: latest.running ? 'dot good' : 'dot', 'aria-hidden': 'true' }),
          namesInWords(servers.map(({ server }) => server)),
        ],
        sort: ({ servers }) => servers[0]?.server,
        value: ({ servers }) => servers.map(({ server }) => server).join(', '),
        tone: () => 'main',
      },
      {
        id: 'state',
        title: 'State',
        cell: ({ latest }) => stateCell(latest, at),
        sort: ({ latest }) => latest.seenAt,
      },
      {
        id: 'where',
        title: 'From, to',
        cell: (process) => routes(process, at),
        tone: () => 'wrap',
      },
      { id: 'exports', title: 'Telemetry goes to', cell: ({ latest }) => exported(latest, at), tone: () => 'wrap' },
      { id: 'troubles', title: 'Troubles', cell: ({ latest }) => troubles(latest), tone: () => 'wrap' },
    ],
  });
}

function stateCell(process: StoredProcess, at: number): Children {
  const { version, pid } = process;
  return [state(process, at), h('span', { class: 'sentence' }, `${version}, pid ${pid}`)];
}

function state({ running, startedAt, endedAt, seenAt }: StoredProcess, at: number): Children {
  if (running) return `running for ${duration(Math.max(1, Math.round((at - startedAt) / 1_000)))}`;
  if (endedAt !== undefined) return `ended ${ago(endedAt, at)}`;
  return h('span', { class: 'orange' }, `silent: last seen ${ago(seenAt, at)}`);
}

function routes({ latest, servers }: WholeProcess, at: number): Children {
  if (servers.length === 1) return route(latest, at);
  if (!latest.running) return counted(servers.length, 'server');
  const health = serverHealth(servers);
  return h('span', { class: health[0]?.state === 'unreached' ? 'red' : undefined }, upstreamsInWords(health));
}

/** From where to where, and how long the upstream has been out of reach. */
function route(process: StoredProcess, at: number): Children {
  const { transport, address, upstream } = process;
  if (transport === 'stdio') return 'wraps a command';
  if (transport === 'spans') return ['known from spans, received at ', address];
  const places = [address, h('span', { class: 'muted' }, ' → '), upstream];
  const outage = outageOf(process);
  if (outage === undefined) return places;
  const { fault } = outage;
  return [
    ...places,
    h(
      'div',
      { class: 'red wrap' },
      outageInWords(outage, 'it', at),
      fault !== undefined && ` What to do: ${fault.cure}.`,
    ),
  ];
}

/** What each signal is made of. */
const ITEMS: Readonly<Record<string, string>> = { traces: 'spans', metrics: 'metrics', logs: 'logs' };

function exported({ exports, figures, running }: StoredProcess, at: number): Children {
  const targets = [...new Set(Object.values(exports))];
  if (targets.length === 0) return h('span', { class: 'muted' }, 'nowhere (set OTEL_EXPORTER_OTLP_ENDPOINT)');
  const failing = Object.keys(exports).flatMap((signal) => {
    const since = figures[`${ITEMS[signal]}FailingSince`];
    return since === undefined || !running
      ? []
      : [`${signal}: unreachable for ${duration(Math.max(1, Math.round((at - since) / 1_000)))}`];
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
  const present = TROUBLES.filter(({ name }) => (figures[name] ?? 0) > 0);
  if (present.length === 0) return 'none';
  return present.map(({ name, describe, harmless }) =>
    h('div', { class: harmless ? 'muted' : 'orange' }, describe(figures[name] ?? 0)),
  );
}

function oddity({ server, client, what, number }: StoredCount): VirtualElement {
  const [kind = '', ...rest] = what.split('-');
  const name = rest.join('-');
  const text =
    kind === 'http'
      ? `${number === 1 ? 'request' : 'requests'} refused with HTTP ${name}`
      : (ANOMALIES[name] ?? `anomaly: ${name}`);
  return h(
    'li',
    { key: `${server} ${client ?? ''} ${what}` },
    h('strong', {}, count(number)),
    h('span', { class: 'wrap' }, text),
    h('span', { class: 'end muted' }, [client, server].filter(Boolean).join(', ')),
  );
}

/** What keeps mcpspan from seeing a server as it is. */
const notices = (counts: readonly StoredCount[]): VirtualElement[] =>
  counts.flatMap(({ server, what }) => {
    const sentence = countedNoticeInWords(what);
    if (sentence === undefined) return [];
    return [
      h(
        'li',
        { key: `${server} ${what}` },
        h('span', { class: 'orange' }, sentence),
        h('span', { class: 'end muted' }, server),
      ),
    ];
  });
