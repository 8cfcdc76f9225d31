import { expect, it } from 'vitest';
import { HeadEdits } from '../../../src/transport/http/head-edits.ts';

const HEAD = 'GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n';
const A = HEAD.indexOf('A: 1');
const B = HEAD.indexOf('B: 2');

const apply = (edits: HeadEdits): string => edits.apply(Buffer.from(`xx${HEAD}`), 2, 2 + HEAD.length);

it('edits count from the beginning of the head, in any order', () => {
  const edits = new HeadEdits();
  edits.replace(B + 3, B + 4, 'two');
  edits.replace(A, B, '');
  edits.add('C', '3');
  expect(apply(edits)).toBe('GET / HTTP/1.1\r\nB: two\r\nC: 3\r\n\r\n');
});

it('a line that is cut out twice, and changed within, is cut out once', () => {
  const edits = new HeadEdits();
  edits.replace(A + 3, A + 4, 'one');
  edits.replace(A, B, '');
  edits.replace(A, B, '');
  expect(apply(edits)).toBe('GET / HTTP/1.1\r\nB: 2\r\n\r\n');
});

it('an empty value can be filled', () => {
  const edits = new HeadEdits();
  edits.replace(A + 2, A + 2, ' x');
  expect(apply(edits)).toBe('GET / HTTP/1.1\r\nA: x 1\r\nB: 2\r\n\r\n');
});
