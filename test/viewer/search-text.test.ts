import { describe, expect, it } from 'vitest';
import { parseRoute } from '../../src/viewer/page/route.ts';
import { parseSearch, searchText } from '../../src/viewer/page/search-text.ts';

describe('a search', () => {
  it.each([
    ['tool:quiz client:cursor', { tool: 'quiz', client: 'cursor' }],
    ['status:error', { status: 'failed' }],
    ['status:rejected method:tools/call code:-32602', { status: 'rejected', method: 'tools/call', code: '-32602' }],
    ['TOOL:Quiz', { tool: 'Quiz' }],
    ['tool:"two words" more', { tool: 'two words', words: 'more' }],
    ['server:localhost:3000', { server: 'localhost:3000' }],
    ['one "two three"', { words: 'one two three' }],
    ['file://host/x', { words: 'file://host/x' }],
    ['constructor', { words: 'constructor' }],
    ['', {}],
  ])('%j narrows the calls', (text, filters) => {
    expect(parseSearch(text)).toEqual({ filters, id: undefined, hint: undefined });
  });

  it.each([
    ['id:5b03', '5b03'],
    ['2f114d4588e3f4c17d1c3b08810da014', '2f114d4588e3f4c17d1c3b08810da014'],
    ['5b033a19-6607-474d-b127-d72503e1fb65', '5b033a19-6607-474d-b127-d72503e1fb65'],
  ])('%j is one for an id', (text, id) => {
    expect(parseSearch(text)).toEqual({ filters: {}, id, hint: undefined });
  });

  it.each([
    ['tol:quiz', 'tol: is no key. Keys are tool: client: server:'],
    ['constructor:x', 'constructor: is no key.'],
    ['tool:', 'tool: what follows the colon is missing'],
    ['tool:""', 'tool: what follows the colon is missing'],
  ])('%j gets a hint', (text, hint) => {
    expect(parseSearch(text).hint).toContain(hint);
  });

  it('stands in the box again, from the address alone', () => {
    const text = 'tool:"two words" client:cursor status:failed more words';
    const { filters } = parseSearch(text);
    expect(searchText({ ...parseRoute('#calls'), ...filters })).toBe(text);
    expect(searchText(parseRoute('#now?client=cursor'))).toBe('');
  });
});
