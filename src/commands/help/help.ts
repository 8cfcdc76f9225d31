import { plain } from '../../reading/plain.ts';
import { closest } from '../../settings/closest.ts';
import { belongs } from '../../settings/command-settings.ts';
import { COMMAND_HELP, isHelpTopic, type HelpTopic } from '../../settings/command-help.ts';
import { commandsOf, optionRows, type OptionRow } from '../../settings/option-table.ts';
import type { OptionName } from '../../settings/options.ts';
import { variableOf } from '../../settings/read-settings.ts';
import type { Out } from '../terminal/out.ts';
import { wrapped } from '../terminal/text.ts';

/** The width of the terminal; undefined: there is none, and lines may be of any length. */
type Columns = number | undefined;

const SUMMARY = 'mcpspan shows what MCP clients do with your server, as OpenTelemetry traces.';
const EXPORTS = 'Telemetry goes where OTEL_* variables say; without them nothing is exported.';
/** With less room on the right, each meaning stands below what it is about. */
const MIN_RIGHT_COLUMNS = 32;

/** `mcpspan help [COMMAND]`. Returns the exit code: 2 where there is no such command. */
export function help(topic: string | undefined, { out, tell }: { out: Out; tell(line: string): void }): number {
  if (topic !== undefined && !isHelpTopic(topic)) {
    const nearest = closest(topic, Object.keys(COMMAND_HELP));
    tell(
      `mcpspan: '${plain(topic)}' is not a command; ${nearest === undefined ? 'see mcpspan help' : `did you mean ${nearest}?`}`,
    );
    return 2;
  }
  out.write(topic === undefined ? overview(out.columns) : commandHelp(topic, out.columns));
  return 0;
}

/** What `mcpspan --help` prints: each command in a line. */
export function overview(columns: Columns): string {
  const topics = Object.entries(COMMAND_HELP);
  const rows = topics.flatMap(([, { usage, summary, isMinor }]): [string, string][] =>
    isMinor ? [] : [[usage, summary]],
  );
  // The line of install names its counterpart.
  const others = topics.flatMap(([topic, { isMinor }]) => (isMinor && topic !== 'uninstall' ? [topic] : []));
  const more: [string, string][] = [
    ['mcpspan help COMMAND', `also: ${others.join(' ')}`],
    ['mcpspan --help-all', 'every option'],
  ];
  return lines([wrapped(SUMMARY, columns), '', ...pairs([...rows, ...more], columns), '', wrapped(EXPORTS, columns)]);
}

/** What is said about one command: examples and its options. */
export function commandHelp(topic: HelpTopic, columns: Columns): string {
  const { usage, summary, examples, further } = COMMAND_HELP[topic];
  const shown = optionRows().filter((row) => isShown(row, topic));
  // Its own come first, then those of all.
  const options = [...shown.filter(isOwn), ...shown.filter((row) => !isOwn(row))];
  const rest =
    topic === 'http' || topic === 'stdio' ? [`TLS, health, limits and more: mcpspan --help-all. ${EXPORTS}`] : [];
  return lines([
    wrapped(`${usage}: ${summary}`, columns),
    '',
    ...pairs(examples, columns),
    ...(options.length === 0 ? [] : ['', ...pairs(options.map(optionPair), columns)]),
    ...[further, ...rest].flatMap((text) => (text === undefined ? [] : ['', wrapped(text, columns)])),
  ]);
}

/** Of the many options of the proxy and of a wrapped command, help shows these. */
const OFTEN: ReadonlySet<OptionName> = new Set([
  'upstream',
  'name',
  'listen',
  'page',
  'allow-host',
  'capture',
  'store',
]);

/** They take what the proxy takes, which stands there. */
const WITH_OWN: ReadonlySet<HelpTopic> = new Set<HelpTopic>(['demo', 'doctor', 'config', 'collect']);

function isShown({ name, only, internal }: OptionRow, topic: HelpTopic): boolean {
  if (internal === true || !belongs(name, topic)) return false;
  if (topic === 'http' || topic === 'stdio') return OFTEN.has(name);
  return WITH_OWN.has(topic) ? typeof only === 'object' : only !== 'http';
}

const isOwn = ({ only }: OptionRow): boolean => typeof only === 'object';

/** Every option, by what it belongs to. */
export function allOptions(columns: Columns): string {
  const rows = optionRows();
  const part = (title: string, members: readonly OptionRow[]): string[] => [
    '',
    title,
    ...pairs(members.map(optionPair), columns),
  ];
  const grouped = [...Map.groupBy(rows, commandsOf)].flatMap(([title, members]) =>
    title === undefined ? [] : part(`Options for ${title}`, members),
  );
  return lines([
    overview(columns),
    wrapped(`Options (or environment variables: ${variableOf('listen')} for --listen, and so on)`, columns),
    ...part(
      '',
      rows.filter(({ only, internal }) => only === undefined && internal !== true),
    ).slice(2),
    ...part(
      'Options for HTTP',
      rows.filter(({ only }) => only === 'http'),
    ),
    ...grouped,
    ...part(
      'Internals',
      rows.filter(({ internal }) => internal === true),
    ),
  ]);
}

const optionPair = ({ name, argument, shown, meaning }: OptionRow): [string, string] => [
  `--${name}${argument === undefined ? '' : ` ${argument}`}`,
  meaning.replaceAll('`', '') + (shown === undefined ? '' : ` [${shown}]`),
];

const INDENT = 2;
const GAP = 2;
const MAX_LEFT = 44;

/** What is typed on the left, what it means on the right; below each other where there is no room. */
function pairs(rows: readonly (readonly [string, string])[], columns: Columns): string[] {
  const fitting = rows.map(([left]) => left.length).filter((length) => length <= MAX_LEFT);
  const width = Math.max(0, ...fitting);
  const narrow = columns !== undefined && columns - INDENT - width - GAP < MIN_RIGHT_COLUMNS;
  const rest = ' '.repeat(narrow ? 2 * INDENT : INDENT + width + GAP);
  return rows.map(([left, right]) => {
    const first = ' '.repeat(INDENT) + left;
    if (narrow || left.length > width) return `${first}\n${wrapped(right, columns, { first: rest, rest })}`;
    return wrapped(right, columns, { first: first.padEnd(rest.length), rest });
  });
}

const lines = (all: readonly string[]): string => `${all.join('\n')}\n`;
