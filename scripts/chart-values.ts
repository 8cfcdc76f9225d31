/** What we read of a value's schema in `deploy/chart/values.schema.json`. */
export interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, ValueSchema>>;
}

interface Value {
  readonly path: readonly string[];
  readonly schema: ValueSchema;
}

const WIDTH = 100;
const BEGIN = '<!-- values -->';
const END = '<!-- /values -->';

/** A value has a default; what is above it only groups. */
function valuesOf(schema: ValueSchema, path: readonly string[] = []): Value[] {
  if (schema.default !== undefined) return [{ path, schema }];
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => valuesOf(inner, [...path, name]));
}

const allowed = ({ enum: words }: ValueSchema): string => (words === undefined ? '' : ` (${words.join(', ')})`);

/** Lines of at most `WIDTH` characters, where the words allow it. */
function wrapped(text: string, prefix: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && `${prefix}${last} ${word}`.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => prefix + line);
}

/** `off` and the like are booleans for some readers of YAML. */
const scalar = (value: unknown): string =>
  typeof value === 'string' && /^[A-Za-z][\w./-]*$/.test(value) && !/^(on|off|yes|no|true|false|null|y|n)$/i.test(value)
    ? value
    : typeof value === 'string'
      ? `'${value}'`
      : JSON.stringify(value);

function yaml(value: unknown, indent: string): string {
  if (Array.isArray(value))
    return value.length === 0 ? ' []' : value.map((item) => `\n${indent}- ${scalar(item)}`).join('');
  if (typeof value !== 'object' || value === null) return ` ${scalar(value)}`;
  const entries = Object.entries(value);
  if (entries.length === 0) return ' {}';
  return entries.map(([name, inner]) => `\n${indent}${name}:${yaml(inner, `${indent}  `)}`).join('');
}

/** The text of `values.yaml`: every default, with what it means above it. */
export function valuesFile(schema: ValueSchema): string {
  const lines = ['# `npm run chart:build` makes this file from values.schema.json: change it there.'];
  let above: readonly string[] = [];
  for (const { path, schema: value } of valuesOf(schema)) {
    const groups = path.slice(0, -1);
    if (groups.length === 0 || groups[0] !== above[0]) lines.push('');
    for (const [depth, name] of groups.entries()) {
      if (above[depth] !== name) lines.push(`${'  '.repeat(depth)}${name}:`);
    }
    above = groups;
    const indent = '  '.repeat(groups.length);
    lines.push(...wrapped(`${value.description ?? ''}${allowed(value)}`, `${indent}# `));
    lines.push(`${indent}${path.at(-1)}:${yaml(value.default, `${indent}  `)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The table of the chart's README. */
export function valuesTable(schema: ValueSchema): string {
  const rows = valuesOf(schema).map(({ path, schema: value }) => {
    const shown = value.default === '' ? '–' : `\`${JSON.stringify(value.default).replaceAll(/^"|"$/g, '')}\``;
    return `| \`${path.join('.')}\` | ${shown} | ${value.description ?? ''}${allowed(value)} |`;
  });
  return ['| value | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

/** @throws when the text has no place for the table */
export function withValuesTable(text: string, schema: ValueSchema): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the README of the chart lacks ${BEGIN} or ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n${valuesTable(schema)}\n${text.slice(end)}`;
}
