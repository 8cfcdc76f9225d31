import type { SeededRandom } from './seeded-random.ts';

type Texts = readonly [string, ...string[]];

/** What one side sends that keeps to the rules, and what belongs to it. */
export interface Generated {
  text: string;
  messages: number;
  /** Of the requests that answers belong to. */
  methods: [string, ...string[]];
}

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const TEXT_CHARACTERS = `${TOKEN_CHARACTERS} \t"(),/:;<=>?@[\\]{}\x80\xa0\xff`;
const TARGET_CHARACTERS = `${TOKEN_CHARACTERS}"(),/:;<=>?@[\\]{}`;
const METHODS: Texts = ['GET', 'POST', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'QUERY', 'FROB', 'post'];
/** Those of one hop, those that mcpspan looks at or changes, and what resembles them. */
const NAMES: Texts = [
  'Accept',
  'Authorization',
  'Content-Type',
  'Expect',
  'HTTP2-Settings',
  'Keep-Alive',
  'Mcp-Method',
  'Mcp-Session-Id',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'Proxy-Connection',
  'TE',
  'Traceparent',
  'Trailer',
  'Upgrade',
  'X-A',
  'x-b',
];
const OPTIONS: Texts = [...NAMES, 'close', 'keep-alive', 'Upgrade', 'Connection', 'Host', 'Content-Length', '', 'a b'];
const BLANKS: Texts = ['', ' ', ' ', ' ', '\t', '  \t '];
const STATUSES: Texts = ['200', '200', '202', '204', '304', '404', '426', '500', '100', '103', '199', '999'];

/** Requests in a row, in every form that the rules allow. */
export function generateRequests(random: SeededRandom): Generated {
  let text = '';
  const count = 1 + random.below(3);
  for (let left = count; left > 0; left--) {
    const old = random.once(8);
    const target = random.once(6) ? `http://localhost${random.pick(['', ':80', '/', '?'])}` : '/';
    const path = /\d$|t$/.test(target) ? '' : textOf(TARGET_CHARACTERS, random.below(6), random);
    const { fields, body } = frame(random, old);
    if (!old || random.once(2)) fields.push(`${anyCase('Host', random)}:${blank(random)}localhost`);
    text += `${emptyLines(random)}${random.pick(METHODS)} ${target}${path} HTTP/1.${old ? 0 : 1}\r\n`;
    text += `${headOf([...fields, ...others(random, 1)], random)}${body}`;
  }
  return { text, messages: count, methods: ['GET'] };
}

/** Answers in a row, the last of which may end with the connection. */
export function generateAnswers(random: SeededRandom): Generated {
  let text = '';
  const methods: string[] = [];
  const count = 1 + random.below(3);
  for (let left = count; left > 0; left--) {
    const status = random.pick(STATUSES);
    const interim = status.startsWith('1');
    const toHead = random.once(6);
    const { fields, body } = interim ? { fields: [], body: '' } : frame(random, false);
    const bodiless = interim || toHead || status === '204' || status === '304';
    const untilClose = !bodiless && fields.length === 0;
    // Nothing can follow what ends with the connection.
    if (untilClose && left > 1) fields.push('Content-Length: 0');
    if (!interim) methods.push(toHead ? 'HEAD' : 'GET');
    const reason = random.once(4) ? '' : ` ${textOf(TEXT_CHARACTERS, random.below(6), random)}`;
    text += `${emptyLines(random)}HTTP/1.1 ${status}${reason}\r\n${headOf([...fields, ...others(random, 0)], random)}`;
    if (!bodiless) text += untilClose && left === 1 ? textOf(TEXT_CHARACTERS, random.below(20), random) : body;
  }
  const [first = 'GET', ...rest] = methods;
  return { text, messages: count, methods: [first, ...rest] };
}

/** A length, chunks, or none. */
function frame(random: SeededRandom, old: boolean): { fields: string[]; body: string } {
  const data = textOf(`${TEXT_CHARACTERS}\r\n\0`, random.below(40), random);
  const length = `${anyCase('Content-Length', random)}:${blank(random)}${'0'.repeat(random.below(3))}${data.length}`;
  switch (random.below(old ? 2 : 4)) {
    case 0:
      return { fields: [], body: '' };
    case 1:
      return { fields: [length + blank(random)], body: data };
    default: {
      const coding = `${anyCase('Transfer-Encoding', random)}: ${anyCase('chunked', random)}`;
      return { fields: [coding], body: chunks(data, random) };
    }
  }
}

function chunks(data: string, random: SeededRandom): string {
  let text = '';
  for (let at = 0; at < data.length;) {
    const chunk = data.slice(at, at + 1 + random.below(12));
    at += chunk.length;
    text += `${'0'.repeat(random.below(3))}${anyCase(chunk.length.toString(16), random)}${extensions(random)}\r\n${chunk}\r\n`;
  }
  const trailers = Array.from(
    { length: random.once(2) ? 0 : random.below(3) },
    () => `X-${textOf(TOKEN_CHARACTERS, 1 + random.below(3), random)}:${valueOf(random)}\r\n`,
  );
  return `${text}0${extensions(random)}\r\n${trailers.join('')}\r\n`;
}

function extensions(random: SeededRandom): string {
  const one = (): string => {
    const name = `;${textOf(TOKEN_CHARACTERS, 1 + random.below(3), random)}`;
    const value = textOf(TOKEN_CHARACTERS, 1 + random.below(3), random);
    return name + random.pick(['', `=${value}`, `="${value} \t;,\\"\\\\"`, '=""']);
  };
  return random.once(3) ? Array.from({ length: 1 + random.below(3) }, one).join('') : '';
}

/** Fields that frame nothing. @param least so many may not be missing */
function others(random: SeededRandom, least: number): string[] {
  return Array.from({ length: least + random.below(6) }, () => {
    if (random.once(4)) {
      const options = Array.from({ length: random.below(4) }, () => random.pick(BLANKS) + random.pick(OPTIONS));
      return `${anyCase('Connection', random)}:${options.join(',')}`;
    }
    return `${anyCase(random.pick(NAMES), random)}:${valueOf(random)}`;
  });
}

function headOf(fields: string[], random: SeededRandom): string {
  const shuffled: string[] = [];
  for (const field of fields) shuffled.splice(random.below(shuffled.length + 1), 0, `${field}\r\n`);
  return `${shuffled.join('')}\r\n`;
}

const emptyLines = (random: SeededRandom): string => (random.once(8) ? '\r\n'.repeat(1 + random.below(2)) : '');

const blank = (random: SeededRandom): string => random.pick(BLANKS);

const valueOf = (random: SeededRandom): string =>
  blank(random) + (random.once(6) ? '' : textOf(TEXT_CHARACTERS, random.below(8), random)) + blank(random);

const textOf = (characters: string, length: number, random: SeededRandom): string =>
  Array.from({ length }, () => characters.charAt(random.below(characters.length))).join('');

function anyCase(text: string, random: SeededRandom): string {
  if (random.once(2)) return text;
  return text.replace(/[a-z]/gi, (letter) => (random.once(2) ? letter.toUpperCase() : letter.toLowerCase()));
}
