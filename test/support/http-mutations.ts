import type { SeededRandom } from './seeded-random.ts';

/** Bytes, and texts, that some parser has misread. */
const INTERESTING: readonly [string, ...string[]] = [
  '\r\n',
  '\n',
  '\r',
  '\r\r\n',
  '\n\r',
  '\r\n\r\n',
  '\r\n ',
  '\r\n\t',
  ' ',
  '\t',
  '\0',
  '\x0b',
  '\x0c',
  '\x7f',
  '\x85',
  '\xa0',
  '\xff',
  ':',
  ';',
  ',',
  '=',
  '"',
  '\\',
  '#',
  '?',
  '*',
  '%',
  '0',
  '1',
  'a',
  'F',
  '+',
  '-',
  '_',
  '0x',
  '0\r\n\r\n',
  '1;a\r\nX\r\n',
  ';a=b',
  ';a="b"',
  'ffffffffffffffff',
  '9007199254740993',
];

/** Lines that belong into a head, or make another message of it. */
const FIELDS: readonly [string, ...string[]] = [
  'Content-Length: 1\r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Connection: close\r\n',
  'Connection: keep-alive, x-a\r\n',
  'Connection: Upgrade, content-length, te\r\n',
  'Upgrade: websocket\r\n',
  'Host: evil.example\r\n',
  'traceparent: 00-a-b-01\r\n',
  'TE: trailers\r\n',
  'TE:\r\n',
  'X-A: 1\r\n',
  'X-A: \xe9\t\r\n',
  'X-B:\r\n',
  'Connection: X-A ,x-b\r\n',
  'Connection: close, x-b\r\n',
  'Connection: keep-alive\r\n',
  'Connection: traceparent, connection, host\r\n',
  'Keep-Alive: timeout=5\r\n',
  'Upgrade: h2c\r\n',
  'Upgrade:\r\n',
  'HTTP2-Settings: AA\r\n',
  'Proxy-Connection: close\r\n',
  'Expect: 100-continue\r\n',
  'Mcp-Session-Id: 7\r\n',
  'Accept: text/event-stream\r\n',
];

/** What stands elsewhere. */
const PARTS: readonly [string, ...string[]] = [
  ...INTERESTING,
  ...FIELDS,
  'HTTP/1.0',
  'HTTP/1.1 ',
  'GET / HTTP/1.1\r\n',
  'HTTP/1.1 204 X\r\n',
  'HTTP/1.1 100 X\r\n\r\n',
  '304',
  '101',
];

/** Changes a message, mostly in one place, in ways that could make two parsers disagree. */
export function mutate(text: string, others: readonly [string, ...string[]], random: SeededRandom): string {
  let mutant = text;
  for (let left = random.once(2) ? 1 : 1 + random.below(4); left > 0; left--)
    mutant = random.pick(MUTATIONS)(mutant, random, others);
  // A mutant of a mutant is as good as one that is four times as long.
  return mutant.slice(0, 4_096);
}

type Mutation = (text: string, random: SeededRandom, others: readonly [string, ...string[]]) => string;

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  function flipBit(text, random) {
    const at = random.below(text.length);
    return replace(text, at, 1, String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(8))));
  },
  function changeByte(text, random) {
    return replace(text, random.below(text.length), 1, String.fromCharCode(random.below(256)));
  },
  function insertPart(text, random) {
    return replace(text, random.below(text.length + 1), 0, random.pick(PARTS));
  },
  function insertField(text, random) {
    return replace(text, pickLineStart(text, random), 0, random.pick(FIELDS));
  },
  function insertFieldAfterFirstLine(text, random) {
    return replace(text, text.indexOf('\n') + 1, 0, random.pick(FIELDS));
  },
  function overwrite(text, random) {
    const part = random.pick(PARTS);
    return replace(text, random.below(text.length + 1), part.length, part);
  },
  function remove(text, random) {
    return replace(text, random.below(text.length), 1 + random.below(4), '');
  },
  function removeLine(text, random) {
    const [from, to] = pickLine(text, random);
    return replace(text, from, to - from, '');
  },
  function repeat(text, random) {
    const from = random.below(text.length);
    return replace(text, from, 0, text.slice(from, from + 1 + random.below(8)));
  },
  function repeatLine(text, random) {
    const [from, to] = pickLine(text, random);
    return replace(text, pickLineStart(text, random), 0, text.slice(from, to));
  },
  function swapLines(text, random) {
    const [one, other] = [pickLine(text, random), pickLine(text, random)];
    const [[from, to], [otherFrom, otherTo]] = one[0] <= other[0] ? [one, other] : [other, one];
    if (to > otherFrom) return text;
    return (
      text.slice(0, from) +
      text.slice(otherFrom, otherTo) +
      text.slice(to, otherFrom) +
      text.slice(from, to) +
      text.slice(otherTo)
    );
  },
  function changeDigit(text, random) {
    const digits = [...text.matchAll(/\d/g)];
    const digit = digits[random.below(digits.length)];
    return digit === undefined ? text : replace(text, digit.index, 1, String(random.below(10)));
  },
  function changeCase(text, random) {
    const at = random.below(text.length);
    const character = text.charAt(at);
    if (!/[a-z]/i.test(character)) return text;
    return replace(text, at, 1, String.fromCharCode(character.charCodeAt(0) ^ 0x20));
  },
  function splice(text, random, others) {
    const other = random.pick(others);
    return text.slice(0, random.below(text.length + 1)) + other.slice(random.below(other.length));
  },
  function spliceAtLines(text, random, others) {
    const other = random.pick(others);
    return text.slice(0, pickLineStart(text, random)) + other.slice(pickLineStart(other, random));
  },
  function follow(text, random, others) {
    return text + random.pick(others);
  },
  function cutShort(text, random) {
    return text.slice(0, random.below(text.length + 1));
  },
];

const replace = (text: string, at: number, length: number, by: string): string =>
  text.slice(0, at) + by + text.slice(at + length);

const pickLineStart = (text: string, random: SeededRandom): number => pickLine(text, random)[0];

/** From its start to after its end. */
function pickLine(text: string, random: SeededRandom): [number, number] {
  const within = random.below(text.length + 1);
  const before = within === 0 ? -1 : text.lastIndexOf('\n', within - 1);
  const after = text.indexOf('\n', within);
  return [before + 1, after === -1 ? text.length : after + 1];
}
