import { ATTR, EVENT, METRIC, type MetricName } from '../src/telemetry/semconv.ts';
import { ATTRIBUTES, type AttributeKey } from './attributes.ts';
import { LABELS, LOG_EVENTS, SERVER_SPANS, SPAN_EVENTS, SPANS, type Carried } from './signals.ts';

const EVERYWHERE: readonly AttributeKey[] = ['server', 'client'];
/** How the documents call a kind of span. */
const SPAN_WORDS: Readonly<Record<string, string>> = {
  session: 'root',
  summary: 'summary',
  connect: 'attempts to connect',
  'connect.stage': 'their stages',
  'operation.server': 'operations',
  'operation.client': 'operations',
};

const code = (name: string): string => `\`${name}\``;
const carries = ({ always, sometimes = [] }: Carried, key: AttributeKey): boolean =>
  [...always, ...sometimes].includes(key);
const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), row(...head.map(() => '---')).replaceAll(' ', ''), ...rows].join('\n');

/** Attributes of spans and of their events, with where they are. */
export function attributeTable(): string {
  // True: `ATTR` has no other keys.
  const keys = Object.keys(ATTR) as AttributeKey[];
  const rows = keys.flatMap((key) => {
    const on = new Set(
      Object.entries(SPANS).flatMap(([id, span]) => (carries(span, key) ? [SPAN_WORDS[id] ?? id] : [])),
    );
    if (carries(SPAN_EVENTS, key)) on.add('span events');
    if (carries(SERVER_SPANS, key)) on.add('spans of the server');
    if (on.size === 0) return [];
    const { type, brief, members } = ATTRIBUTES[key];
    const values = members === undefined ? '' : `: ${Object.keys(members).map(code).join(' ')}`;
    return [row(code(ATTR[key]), type, on.size >= 5 ? 'all' : [...on].join(', '), `${brief}${values}`)];
  });
  return table(['attribute', 'type', 'on', 'what it says'], rows);
}

/** Metrics with their labels beside server and client. */
export function metricTable(): string {
  // True: `METRIC` has no other keys.
  const rows = (Object.keys(METRIC) as MetricName[]).map((key) => {
    const { name, kind, unit, description } = METRIC[key];
    return row(code(name), kind.replaceAll('-', ' '), code(unit), namesOf(LABELS[key]), description);
  });
  return table(['metric', 'kind', 'unit', 'labels', 'what it says'], rows);
}

/** Log events with their attributes beside server and client. */
export function eventTable(): string {
  // True: `EVENT` has no other keys.
  const rows = (Object.keys(EVENT) as (keyof typeof EVENT)[]).map((key) =>
    row(code(EVENT[key]), namesOf(LOG_EVENTS[key]), LOG_EVENTS[key].brief),
  );
  return table(['event', 'attributes', 'what happened'], rows);
}

const namesOf = ({ always, sometimes = [] }: Carried): string =>
  [...always, ...sometimes]
    .filter((key) => !EVERYWHERE.includes(key))
    .map((key) => code(ATTR[key]))
    .join(' ');
