import { ParseError, parseTOML, type AST } from 'toml-eslint-parser';
import { memberOf, type Format, type Member, type TableValue, type Value } from './value.ts';

export const TOML_FORMAT: Format = {
  read: readToml,
  // A basic string of TOML takes the escapes of JSON, but not DEL as it is.
  quote: (text) => JSON.stringify(text).replaceAll('\u007F', '\\u007F'),
  addMember: (key, name, value, { own, indent, end }) => {
    const member = `${key.replace(/(["']?)command\1$/, name)} = ${value}`;
    return own ? `${end}${indent}${member}` : `, ${member}`;
  },
  addAt: 'line',
};

function readToml(text: string): TableValue | string {
  try {
    const root: TableValue = { kind: 'table', members: [] };
    for (const node of parseTOML(text).body[0].body) {
      if (node.type === 'TOMLKeyValue') addTo(root, node);
      else if (node.kind === 'standard') {
        const table = tableAt(root, node.resolvedKey.map(String), node);
        for (const member of node.body) addTo(table, member);
      } else {
        // Servers are no arrays of tables; these are only compared.
        const plain = text.slice(...node.range);
        root.members.push({ name: `[[${root.members.length}]]`, ...placeOf(node), value: { kind: 'other', plain } });
      }
    }
    return root;
  } catch (error) {
    if (error instanceof ParseError) return `is not valid TOML: ${error.message} in line ${error.lineNumber}`;
    throw error;
  }
}

const placeOf = ({ range: [start, end] }: AST.HasLocs): Pick<Member, 'start' | 'keyEnd' | 'end'> => ({
  start,
  keyEnd: end,
  end,
});

function addTo(table: TableValue, node: AST.TOMLKeyValue): void {
  const names = node.key.keys.map((part) => (part.type === 'TOMLBare' ? part.name : part.value));
  const owner = tableAt(table, names.slice(0, -1), node);
  const place = { ...placeOf(node), keyEnd: node.key.range[1] };
  owner.members.push({ name: names.at(-1) ?? '', ...place, value: valueOf(node.value) });
}

/** The table at a path, made where it is not there yet: the parser has refused what contradicts itself. */
function tableAt(root: TableValue, path: readonly string[], node: AST.HasLocs): TableValue {
  let table = root;
  for (const name of path) {
    const found = memberOf(table, name)?.value;
    const next: TableValue = found?.kind === 'table' ? found : { kind: 'table', members: [] };
    if (next !== found) table.members.push({ name, ...placeOf(node), value: next });
    table = next;
  }
  return table;
}

function valueOf(node: AST.TOMLContentNode): Value {
  const [start, end] = node.range;
  if (node.type === 'TOMLArray') return { kind: 'list', items: node.elements.map(valueOf), start, end };
  if (node.type === 'TOMLInlineTable') {
    const table: TableValue = { kind: 'table', members: [] };
    for (const member of node.body) addTo(table, member);
    return table;
  }
  return node.kind === 'string'
    ? { kind: 'text', plain: node.value, start, end }
    : { kind: 'other', plain: node.value };
}
