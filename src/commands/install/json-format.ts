import { parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { messageOf } from '../../transport/error-text.ts';
import type { Format, TableValue, Value } from './value.ts';

/** JSON. `lenient`: with comments and commas behind the last member, as some clients read it. */
export const jsonFormat = (lenient: boolean): Format => ({
  read: (text) => readJson(text, lenient),
  quote: (text) => JSON.stringify(text),
  addMember: (_key, name, value, { own, indent, end }) =>
    `,${own ? end + indent : ' '}${JSON.stringify(name)}: ${value}`,
  addAt: 'value',
});

function readJson(text: string, lenient: boolean): TableValue | string {
  const errors: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = parseTree(text, errors, { disallowComments: !lenient, allowTrailingComma: lenient });
  } catch (error) {
    // The parser recurses.
    if (error instanceof RangeError) return `is nested too deeply (${messageOf(error)})`;
    throw error;
  }
  const [first] = errors;
  if (first !== undefined) {
    const line = text.slice(0, first.offset).split('\n').length;
    // Their names are the library's words for them: `CloseBraceExpected`.
    const what = printParseErrorCode(first.error).replaceAll(/(?<!^)[A-Z]/g, (letter) => ` ${letter}`);
    return `is not valid JSON: ${what.toLowerCase()} in line ${line}`;
  }
  const value = root === undefined ? undefined : valueOf(root);
  return value?.kind === 'table' ? value : 'holds no JSON object';
}

function valueOf(node: Node): Value {
  const start = node.offset;
  const end = node.offset + node.length;
  if (node.type === 'string') return { kind: 'text', plain: String(node.value), start, end };
  if (node.type === 'array') return { kind: 'list', items: (node.children ?? []).map(valueOf), start, end };
  if (node.type !== 'object') return { kind: 'other', plain: node.value };
  const table: TableValue = { kind: 'table', members: [] };
  for (const { children: [key, value] = [] } of node.children ?? []) {
    if (key === undefined || value === undefined) continue;
    const keyEnd = key.offset + key.length;
    const place = { start: key.offset, keyEnd, end: value.offset + value.length };
    table.members.push({ name: String(key.value), ...place, value: valueOf(value) });
  }
  return table;
}
