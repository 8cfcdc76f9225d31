import { createHash } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import { readAnswer, type FieldLine } from '../support/http-message.ts';
import { connectRaw, type Wire } from '../support/raw.ts';
import { answerWith, type Received, type Script, type Upstream } from '../support/upstream.ts';

/** One request and its answer, to be carried directly and through the proxy, and compared. */
export interface Row {
  name: string;
  request: string | Uint8Array;
  answer: string | Uint8Array | Script;
  /** Fields a `Connection` field of the row names, lower-case: they belong to one hop. */
  named?: readonly string[];
}

/** What both ends saw, in a form in which two equal passages are deeply equal. Bodies are as they were framed. */
export interface Passage {
  toServer: { line: string; fields: FieldLine[]; body: string };
  toClient: { heads: { line: string; fields: FieldLine[] }[]; body: string; ending: string };
}

// RFC 9110 7.6.1, with the two that RFC 9112 and practice add.
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
]);
/** What a relay may have of its own on each hop: how it frames, and whether the connection stays open. */
const OWN: ReadonlyMap<string, RegExp> = new Map([
  ['connection', /^(?:keep-alive|close)$/i],
  ['keep-alive', /^timeout=\d+$/],
  ['transfer-encoding', /^chunked$/i],
]);

/** Sends the row's request to `port`, over TLS where that is said, and reports what reached the upstream and what came back. */
export async function carry(
  row: Row,
  route: 'direct' | 'proxied',
  upstream: Upstream,
  port: number,
  over?: ConnectionOptions,
): Promise<Passage> {
  const request = typeof row.request === 'string' ? Buffer.from(row.request, 'latin1') : row.request;
  const answer = typeof row.answer === 'function' ? row.answer : answerWith(row.answer);
  let received: Received | undefined;
  const lines = upstream.requestLines.length;
  upstream.script = async (arrived) => {
    const body = await arrived.body();
    received = arrived;
    await answer({ ...arrived, body: () => Promise.resolve(body) });
  };
  await using client = await connectRaw(port, over);
  const [answered] = await Promise.all([readAnswer(client, methodOf(request)), client.send(request)]);
  if (received === undefined) throw new Error(`answered without the upstream: ${answered.head.line}`);
  const dropped = route === 'direct' ? new Set([...HOP_BY_HOP, ...(row.named ?? [])]) : new Set(OWN.keys());
  if (route === 'proxied') checkOwnFields(received.fields);
  if (route === 'proxied') checkOwnFields(answered.head.fields);
  const kept = (fields: readonly FieldLine[]) => fields.filter(([name]) => !dropped.has(name.toLowerCase()));
  const heads = [...answered.informational, answered.head];
  return {
    toServer: {
      line: upstream.requestLines[lines] ?? '',
      fields: kept(received.fields),
      body: show(afterHeads(received.wire, 1)),
    },
    toClient: {
      heads: heads.map(({ line, fields }) => ({ line, fields: kept(fields) })),
      body: show(afterHeads(client, heads.length)),
      ending: answered.body.ending,
    },
  };
}

/** What came after so many heads, byte for byte. */
function afterHeads({ arrivals }: Wire, heads: number): Buffer {
  const all = Buffer.concat(arrivals.map(({ bytes }) => bytes));
  let from = 0;
  for (let head = 0; head < heads; head++) from = all.indexOf('\r\n\r\n', from) + 4;
  return all.subarray(from);
}

function checkOwnFields(fields: readonly FieldLine[]): void {
  for (const [name, value] of fields) {
    if (OWN.get(name.toLowerCase())?.test(value) === false) throw new Error(`the proxy sent ${name}: ${value}`);
  }
}

const methodOf = (request: Uint8Array): string =>
  Buffer.from(request).subarray(0, 32).toString('latin1').split(' ')[0] ?? '';

/** Small bodies as they are, for a readable difference; large ones by their digest. */
function show(bytes: Buffer): string {
  if (bytes.length <= 4_096) return bytes.toString('latin1');
  return `${bytes.length} bytes, SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`;
}
