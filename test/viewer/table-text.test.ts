import { describe, expect, it } from 'vitest';
import { csvOf, jsonOf } from '../../src/viewer/page/table-text.ts';

describe('a table as CSV', () => {
  it('has its titles, numbers as they are, and nothing where there is no figure', () => {
    expect(csvOf(['Tool', 'Calls', 'p95'], [['quiz', -2, undefined]])).toBe('Tool,Calls,p95\r\nquiz,-2,\r\n');
  });

  it('quotes what would end a cell or a row', () => {
    expect(csvOf(['a'], [['x,"y"\r\nz']])).toBe('a\r\n"x,""y""\r\nz"\r\n');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\r=1', '=HYPERLINK("http://x","y")'])(
    'keeps %j from being a formula',
    (name) => {
      const [, cell = ''] = csvOf(['a'], [[name]]).split(/\r\n(?=")/);
      expect(cell).toMatch(/^"'/);
      expect(cell).toContain(name.replaceAll('"', '""'));
    },
  );
});

describe('a table as JSON', () => {
  it('has an object for each row, also where two columns have one title', () => {
    expect(JSON.parse(jsonOf(['Tool', 'p', 'p'], [['quiz', 1, undefined]]))).toEqual([
      { Tool: 'quiz', p: 1, 'p 3': null },
    ]);
  });
});
