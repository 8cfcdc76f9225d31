import { isObject, objectAt, objectOr, type JsonObject } from '../observe/json-object.ts';
import type { Contract } from './contract.ts';
import { compareSchemas, type SchemaChange } from './schema-change.ts';

/** The hints of a tool, with the value that counts where none is given, and the one that is less safe. */
const HINTS = {
  readOnlyHint: { assumed: false, unsafe: false },
  destructiveHint: { assumed: true, unsafe: true },
  idempotentHint: { assumed: false, unsafe: false },
  openWorldHint: { assumed: true, unsafe: true },
} as const;
type Hint = keyof typeof HINTS;

/** What can change about a tool: the values of the label `mcpspan.change`. */
export type ChangeKind =
  | 'added'
  | 'removed'
  | 'title'
  | 'description'
  | `${'input' | 'output'}-${'widened' | 'narrowed' | 'changed'}`
  | `${Hint}-${'less-safe' | 'safer'}`
  | 'annotations'
  /** The definitions could not be compared: they are too large, too deep or no JSON. */
  | 'definition'
  | 'hidden-characters'
  /** Two versions are served at the same time: lists alternate between them. */
  | 'two-versions';

/** Changes that somebody has to look at: a tool may do more than its users agreed to, hides a text, or is gone. */
export const isDangerous = (kind: ChangeKind): boolean =>
  kind === 'removed' || kind === 'hidden-characters' || kind.endsWith('-less-safe');

/** What differs between two definitions of a tool; empty: nothing that means anything. */
export function changesBetween(before: Contract, after: Contract): ChangeKind[] {
  if (before.hash === after.hash) return [];
  if (before.text === undefined || after.text === undefined) return ['definition'];
  const [old, now] = [before.text, after.text].map((text) => objectOr(JSON.parse(text)));
  if (old === undefined || now === undefined) return ['definition'];
  const input = compareSchemas(old['inputSchema'], now['inputSchema']);
  const output = compareSchemas(old['outputSchema'], now['outputSchema']);
  const hints = hintChanges(old, now);
  const described = old['description'] !== now['description'] || input.includes('text') || output.includes('text');
  return [
    ...(old['title'] === now['title'] ? [] : (['title'] as const)),
    ...(described ? (['description'] as const) : []),
    ...schemaKinds('input', input),
    ...schemaKinds('output', output),
    ...hints,
    ...(hints.length === 0 && !sameAnnotations(old, now) ? (['annotations'] as const) : []),
  ];
}

const schemaKinds = (which: 'input' | 'output', changes: readonly SchemaChange[]): ChangeKind[] =>
  changes.flatMap((change) => (change === 'text' ? [] : [`${which}-${change}` as const]));

function hintChanges(before: JsonObject, after: JsonObject): ChangeKind[] {
  // The keys of the table are hints.
  return (Object.keys(HINTS) as Hint[]).flatMap((hint): ChangeKind[] => {
    const [old, now] = [valueOf(before, hint), valueOf(after, hint)];
    if (old === now) return [];
    // What a tool that changes nothing would destroy or repeat means nothing.
    const meaningless = hint === 'destructiveHint' || hint === 'idempotentHint';
    if (meaningless && valueOf(before, 'readOnlyHint') && valueOf(after, 'readOnlyHint')) return [];
    return [`${hint}-${now === HINTS[hint].unsafe ? 'less-safe' : 'safer'}`];
  });
}

function valueOf(definition: JsonObject, hint: Hint): boolean {
  const value = objectAt(definition, 'annotations')?.[hint];
  return typeof value === 'boolean' ? value : HINTS[hint].assumed;
}

const sameAnnotations = (before: JsonObject, after: JsonObject): boolean => {
  const [old, now] = [before, after].map(({ annotations }) => (isObject(annotations) ? annotations : undefined));
  return JSON.stringify(old) === JSON.stringify(now);
};
