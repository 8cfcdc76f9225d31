import type { ChangeKind } from './contract-change.ts';

const WORDS: Readonly<Record<ChangeKind, string>> = {
  added: 'added',
  removed: 'no longer offered',
  title: 'title',
  description: 'description',
  'input-widened': 'input widened',
  'input-narrowed': 'input narrowed',
  'input-changed': 'input changed',
  'output-widened': 'output widened',
  'output-narrowed': 'output narrowed',
  'output-changed': 'output changed',
  'readOnlyHint-less-safe': 'no longer read-only',
  'readOnlyHint-safer': 'now read-only',
  'destructiveHint-less-safe': 'now destructive',
  'destructiveHint-safer': 'no longer destructive',
  'idempotentHint-less-safe': 'no longer safe to repeat',
  'idempotentHint-safer': 'now safe to repeat',
  'openWorldHint-less-safe': 'now reaches the outside world',
  'openWorldHint-safer': 'no longer reaches the outside world',
  annotations: 'annotations',
  definition: 'definition (not compared)',
  'hidden-characters': 'hides characters',
  'two-versions': 'two versions are served',
};

/** Whether a word is one of this version's. */
export const isChangeKind = (kind: string): kind is ChangeKind => Object.hasOwn(WORDS, kind);

/** What changed, in some words; what a later version wrote stays as it is. */
export const kindInWords = (kind: string): string => (isChangeKind(kind) ? WORDS[kind] : kind);
