import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REQUIREMENTS } from './requirements.ts';

const CITATION = /\[((?:[A-Z][A-Z0-9]*-)+\d+)\]/g;

/** Cited ids, with the files that cite them. */
function citations(): Map<string, string[]> {
  const cited = new Map<string, string[]>();
  const files = globSync('**/*.ts', { cwd: import.meta.dirname, exclude: ['requirements/**', 'requirements.test.ts'] });
  for (const file of files) {
    for (const [, id = ''] of readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(CITATION)) {
      cited.set(id, [...(cited.get(id) ?? []), file]);
    }
  }
  return cited;
}

it('every requirement is cited by a test', () => {
  const cited = citations();
  expect(REQUIREMENTS.map(([id]) => id).filter((id) => !cited.has(id))).toEqual([]);
});

it('no test cites a requirement that is not there', () => {
  const known = new Set(REQUIREMENTS.map(([id]) => id));
  expect([...citations()].filter(([id]) => !known.has(id))).toEqual([]);
});

it('every requirement has an id of its own, a source, and a sentence', () => {
  expect(new Set(REQUIREMENTS.map(([id]) => id)).size).toBe(REQUIREMENTS.length);
  for (const [id, source, sentence] of REQUIREMENTS) {
    expect(`[${id}]`).toMatch(CITATION);
    expect(source).not.toBe('');
    expect(sentence).toMatch(/^\S.*\.$/);
  }
});
