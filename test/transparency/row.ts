import { createHash } from 'node:crypto';
import { readAnswer, type Answer, type FieldLine } from '../support/http-message.ts';
import { connectRaw } from '../support/raw.ts';
import { answerWith, type Received, type Script, type Upstream } from '../support/upstream.ts';

/** One request and its answer, to be carried directly and through the proxy, and compared. */
export interface Row {
  name: string;
  request: string | Uint8Array;
  answer: string | Uint8Array | Script;
  /** Fields a `Connection` field of the row names, lower-case: they belong to one hop. */
  named?: readonly string[];
}

/** What both ends saw, in a form in which two equal passages are deeply equal. */
export interface Passage {
  toServer: { method: string; target: string; host: string[]; length: string[]; fields: FieldLine[]; body: string };
  toClient: {
    informational: { line: string; fields: Record<string, string> }[];
    status: number;
    reason: string;
    fields: FieldLine[];
    body: string;
    ending: string;
    trailers: readonly FieldLine[];
  };
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
  ['transfer-encoding', /^chunked$/],
]);

/** Sends the row's request to `port` and reports what reached the upstream and what came back. */
export async function carry(row: Row, route: 'direct' | 'proxied', upstream: Upstream, port: number): Promise<Passage> {
  const request = typeof row.request === 'string' ? Buffer.from(row.request, 'latin1') : row.request;
  const answer = typeof row.answer === 'function' ? row.answer : answerWith(row.answer);
  let received: (Received & { bytes: Buffer; framing: string }) | undefined;
  upstream.script = async (arrived) => {
    const body = await arrived.body();
    received = { ...arrived, bytes: body.bytes, framing: body.framing };
    await answer({ ...arrived, body: () => Promise.resolve(body) });
  };
  await using client = await connectRaw(port);
  const [answered] = await Promise.all([readAnswer(client, methodOf(request)), client.send(request)]);
  if (received === undefined) throw new Error(`answered without the upstream: ${answered.head.line}`);
  const dropped = route === 'direct' ? new Set([...HOP_BY_HOP, ...(row.named ?? [])]) : new Set(OWN.keys());
  if (route === 'proxied') checkOwnFields(received.fields);
  if (route === 'proxied') checkOwnFields(answered.head.fields);
  return { toServer: seenByServer(received, dropped), toClient: seenByClient(answered, dropped) };
}

function seenByServer(
  { method, target, fields, bytes, framing }: Received & { bytes: Buffer; framing: string },
  dropped: ReadonlySet<string>,
): Passage['toServer'] {
  // The place of Host and Content-Length among the fields is not kept. A chunked body may be sent on with a length,
  // and no body is the same with and without a length of 0 (RFC 9112, 6.3).
  const placeless = new Set([...dropped, 'host', 'content-length', 'trailer']);
  const values = (name: string) => fields.filter((field) => field[0].toLowerCase() === name).map((field) => field[1]);
  const length = framing === 'chunked' ? [String(bytes.length)] : values('content-length');
  return {
    method,
    target,
    host: values('host'),
    length: length.filter((value) => value !== '0'),
    fields: fields.filter(([name]) => !placeless.has(name.toLowerCase())),
    body: show(bytes),
  };
}

function seenByClient(answer: Answer, dropped: ReadonlySet<string>): Passage['toClient'] {
  return {
    informational: answer.informational.map(({ line, fields }) => ({ line, fields: joinedFields(fields) })),
    status: answer.status,
    reason: answer.reason,
    fields: answer.head.fields.filter(([name]) => !dropped.has(name.toLowerCase()) && name.toLowerCase() !== 'trailer'),
    body: show(answer.body.bytes),
    ending: answer.body.ending,
    trailers: answer.body.trailers,
  };
}

/** Informational answers pass with their content; the case of names and separate lines are not kept. */
function joinedFields(fields: readonly FieldLine[]): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    joined[key] = joined[key] === undefined ? value : `${joined[key]}, ${value}`;
  }
  return joined;
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
