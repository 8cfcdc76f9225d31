import { describe, expect, it } from 'vitest';
import { definitionDiff } from '../../src/reading/definition-diff.ts';

const shown = (before: object | undefined, after: object | undefined): string[] => {
  const marks = { same: ' ', old: '-', new: '+', gap: '…' };
  const [old, now] = [before, after].map((each) => (each === undefined ? undefined : JSON.stringify(each)));
  return definitionDiff(old, now).map(({ kind, text }) => `${marks[kind]}${text}`);
};

describe('the diff of two definitions', () => {
  it('shows the sentence that differs, and not all of the description', () => {
    const before = { name: 'search', description: 'Finds pages. Never files. Asks nobody.' };
    expect(shown(before, { ...before, description: 'Finds pages. Also files. Asks nobody.' })).toEqual([
      ' name: search',
      ' description:',
      '   Finds pages.',
      '-  Never files.',
      '+  Also files.',
      '   Asks nobody.',
    ]);
  });

  it('leaves out equal lines far away', () => {
    const properties = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`p${index}`, true]));
    const lines = shown(
      { inputSchema: { properties } },
      { inputSchema: { properties: { ...properties, p10: false } } },
    );
    expect(lines).toEqual([
      '…',
      '     "p7": true,',
      '     "p8": true,',
      '     "p9": true,',
      '-    "p10": true,',
      '+    "p10": false,',
      '     "p11": true,',
      '     "p12": true,',
      '     "p13": true,',
      '…',
    ]);
  });

  it('shows a tool that came, and one that went, as a whole', () => {
    expect(shown(undefined, { name: 'a' })).toEqual(['+name: a']);
    expect(shown({ name: 'a' }, undefined)).toEqual(['-name: a']);
    expect(shown(undefined, undefined)).toEqual([]);
  });

  it('writes out what is not seen, and what would act', () => {
    const [line] = shown(undefined, { name: 'a\u202Eb\u200Bc\u001B[2J\uFE0Fd\u{E0041}' });
    expect(line).toBe(String.raw`+name: a\u{202e}b\u{200b}c\u{1b}[2J\u{fe0f}d\u{e0041}`);
  });

  it('of thousands of lines is made in a bounded table, else one after the other', () => {
    const many = (letter: string) => ({
      description: Array.from({ length: 5_000 }, (_, i) => `${letter}${i}`).join('\n'),
    });
    const lines = definitionDiff(JSON.stringify(many('a')), JSON.stringify(many('b')));
    expect(lines.map(({ kind }) => kind).filter((kind) => kind === 'old')).toHaveLength(5_000);
    expect(lines.at(-1)).toEqual({ kind: 'new', text: '  b4999' });
  });
});
