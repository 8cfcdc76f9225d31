import { describe, expect, it } from 'vitest';
import { table, tableRows, type Column } from '../../../src/commands/terminal/table.ts';
import { elided, padded, widthOf, wrapped } from '../../../src/commands/terminal/text.ts';
import { plain } from '../../../src/reading/plain.ts';
import { ACTING, HOSTILE } from '../store/command-rig.ts';

type Row = readonly [name: string, number: number, note: string];
const COLUMNS: Column<Row>[] = [
  { title: 'name', side: 'left', cell: ([name]) => name, least: 6 },
  {
    title: 'number',
    side: 'right',
    cell: ([, number]) => String(number),
    colour: ([, number]) => (number > 5 ? 'red' : undefined),
  },
  { title: 'note', side: 'left', cell: ([, , note]) => note, spare: 1 },
];
const ROWS: Row[] = [
  ['short', 1, 'a note'],
  ['a rather long name', 12, 'another'],
];
const shown = (columns: number | undefined, rows = ROWS) => table(COLUMNS, rows, { columns, colours: false });

describe('a table', () => {
  it('has its columns one under the other', () => {
    expect(shown(undefined)).toBe(
      [
        'name                number  note',
        'short                    1  a note',
        'a rather long name      12  another',
        '',
      ].join('\n'),
    );
  });

  it('leaves out spare columns only where cutting is not enough', () => {
    expect(shown(30)).toBe(
      ['name           number  note', 'short               1  a note', 'a rather lon…      12  another', ''].join('\n'),
    );
    expect(shown(20)).toBe(['name          number', 'short              1', 'a rather lo…      12', ''].join('\n'));
  });

  it('is never wider than the terminal, unless there is nothing left to cut', () => {
    for (let columns = 14; columns < 60; columns++)
      for (const line of shown(columns).split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
    expect(shown(5).split('\n')[0]).toBe('name    number');
  });

  it('is coloured on request only, and colours take no room', () => {
    expect(shown(undefined)).not.toContain('\u001B');
    const coloured = table(COLUMNS, ROWS, { columns: 30, colours: true });
    expect(coloured).toContain('\u001B[31m    12\u001B[39m');
    // oxlint-disable-next-line no-control-regex
    expect(coloured.replaceAll(/\u001B\[\d+m/g, '')).toBe(shown(30));
  });

  it('shows names from elsewhere as text, whatever they hold', () => {
    const text = shown(undefined, [[HOSTILE, 1, HOSTILE]]);
    expect(text).not.toMatch(ACTING);
    expect(text.split('\n')).toHaveLength(3);
    expect(text).toContain('<img src=x');
  });

  it('can have rows alone, indented, with lines below them under the last column', () => {
    const below = ([name]: Row) => (name === 'short' ? '→ see below' : undefined);
    expect(tableRows(COLUMNS.slice(0, 2), ROWS, { columns: undefined, colours: false, indent: 2, below })).toEqual([
      '  short                    1\n                      → see below',
      '  a rather long name      12',
    ]);
  });

  it('counts wide characters twice', () => {
    const lines = shown(undefined, [
      ['日本語', 1, ''],
      ['emoji 🚀', 2, ''],
      ['ascii', 3, ''],
    ]).split('\n');
    expect(lines.slice(1, 4)).toEqual(['日本語         1', 'emoji 🚀       2', 'ascii          3']);
  });
});

describe('a text', () => {
  it('is cut by its width, never inside a character', () => {
    expect([elided('日本語', 6), elided('日本語', 5), elided('👩‍👩‍👧‍👦 family', 4), elided('plain', 5)]).toEqual([
      '日本語',
      '日本…',
      '👩‍👩‍👧‍👦 …',
      'plain',
    ]);
  });

  it('is padded to a width', () => {
    expect([padded('日', 4, 'left'), padded('日', 4, 'right'), padded('too long', 4, 'left')]).toEqual([
      '日  ',
      '  日',
      'too long',
    ]);
    expect(widthOf('é日')).toBe(3);
  });

  it('is wrapped between words, and a flag stays with its value', () => {
    const lead = { first: '→ ', rest: '  ' };
    expect(wrapped('give the calls with --calls FILE instead', 30, lead).split('\n')).toEqual([
      '→ give the calls with',
      '  --calls FILE instead',
    ]);
    expect(wrapped('one two', undefined, lead)).toBe('→ one two');
  });

  it('keeps letters of any script, and loses control characters', () => {
    expect(plain('Ünïcödé 日本 العربية')).toBe('Ünïcödé 日本 العربية');
    expect(plain('a\u0000b\u001Bc\u009Bd\u200Be\u202Ef\ng\u2028h')).toBe('a�b�c�d�e�f�g�h');
  });
});
