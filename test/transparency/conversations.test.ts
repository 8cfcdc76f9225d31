import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { connectRaw, type Wire } from '../support/raw.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import type { Script } from '../support/upstream.ts';
import { bothRoutes } from './routes.ts';
import { answer, answerHead, ask, chunk, LAST_CHUNK, noise } from './traffic.ts';

const { upstream, routes } = await bothRoutes();

/** What the upstream does with one request. */
interface Deed {
  /** It answers before it has read the body. */
  early: boolean;
  bytes: Buffer;
  /** The connection ends after so many of them; undefined: it goes on. */
  endsAfter: number | undefined;
}

interface Talk {
  requests: readonly Buffer[];
  deeds: readonly Deed[];
  /** All requests are sent at once. */
  pipelined: boolean;
  /** The client closes its half when it has sent all. */
  finishes: boolean;
}

/** A conversation made of all that HTTP/1.1 allows, the same for the same seed. */
function talkOf(seed: number): Talk {
  const random = new SeededRandom(seed);
  const count = 1 + random.below(5);
  const methods = Array.from({ length: count }, () => random.pick(['GET', 'POST', 'POST', 'POST', 'HEAD', 'FROB']));
  const requests = methods.map((method, index) => requestOf(method, index, random));
  const deeds = methods.map((method) => deedOf(method, random));
  const last = deeds.findIndex(({ endsAfter }) => endsAfter !== undefined);
  return {
    requests: last < 0 ? requests : requests.slice(0, last + 1),
    deeds,
    // What of a pipelined request reaches an upstream that ends meanwhile is a matter of luck.
    pipelined: last < 0 && random.once(2),
    finishes: random.once(3),
  };
}

function requestOf(method: string, index: number, random: SeededRandom): Buffer {
  const target = `${method} /${index}`;
  if (method === 'GET' || method === 'HEAD') return Buffer.from(ask(target));
  const body = noise(random.pick([0, 1, 100, 3_000, 65_536, 65_537, 300_000]));
  if (random.once(2)) return Buffer.concat([Buffer.from(ask(target, [`Content-Length: ${body.length}`])), body]);
  return Buffer.concat([Buffer.from(ask(target, ['Transfer-Encoding: chunked'])), chunked(body, random)]);
}

function chunked(body: Buffer, random: SeededRandom): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const size = 1 + random.below(random.pick([3, 1_000, 100_000]));
    // Few tiny chunks, as each is a wait of the reader.
    parts.push(chunk(body.subarray(at, at + size + body.length / 50)));
    at += size + Math.floor(body.length / 50);
  }
  return Buffer.concat([...parts, Buffer.from(random.pick([LAST_CHUNK, '0;a=b\r\nX-Trailer: 1\r\n\r\n']))]);
}

function deedOf(method: string, random: SeededRandom): Deed {
  const body = noise(random.pick([0, 1, 2_000, 65_536, 200_000]));
  const status = random.pick(['200 OK', '404 Not Found', '202 ']);
  const head = random.pick([
    answer(status, method === 'HEAD' ? '' : body),
    method === 'HEAD'
      ? answer('204 None', '').subarray(0, 0)
      : Buffer.from(answerHead(status, ['Transfer-Encoding: chunked'])),
  ]);
  const framed = head.includes('chunked') ? Buffer.concat([head, chunked(body, random)]) : head;
  const final = framed.length > 0 ? framed : Buffer.from(answerHead('200 OK', ['Content-Length: 77']));
  const interim = random.once(4) ? Buffer.from(answerHead('103 Early Hints', ['Link: </a>'])) : Buffer.alloc(0);
  const bytes = Buffer.concat([interim, final]);
  const headsEnd = interim.length + final.indexOf('\r\n\r\n') + 4;
  return {
    early: random.once(4),
    bytes,
    // A head that is not complete is not passed on.
    endsAfter: random.once(8) ? headsEnd + random.below(bytes.length - headsEnd + 1) : undefined,
  };
}

/** Sends bytes in pieces, each in a turn of its own. */
async function sendCut(wire: Wire, bytes: Buffer, random: SeededRandom): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const size = 1 + random.below(random.pick([20, 5_000, 1_000_000]));
    if (!(await wire.send(bytes.subarray(at, at + size)))) return;
    at += size;
    await setImmediate();
  }
}

/** What each end has received when all is over. */
async function hold(talk: Talk, port: number, seed: number) {
  const random = new SeededRandom(seed + 1);
  const before = upstream.wires.length;
  let index = 0;
  const done = Promise.withResolvers<void>();
  const script: Script = async ({ body, wire }) => {
    const deed = talk.deeds[index++];
    if (deed === undefined) return;
    const sent = async (): Promise<void> =>
      sendCut(wire, deed.bytes.subarray(0, deed.endsAfter), new SeededRandom(seed + index));
    if (deed.early) await sent();
    await body();
    if (!deed.early) await sent();
    if (deed.endsAfter !== undefined) wire.finish();
    if (index === talk.requests.length) done.resolve();
  };
  upstream.script = script;
  await using client = await connectRaw(port);
  const received = (): number => client.arrivals.reduce((sum, { bytes }) => sum + bytes.length, 0);
  let expected = 0;
  const sending = talk.pipelined
    ? sendCut(client, Buffer.concat(talk.requests), random)
    : (async () => {
        for (const [place, request] of talk.requests.entries()) {
          await sendCut(client, request, random);
          const deed = talk.deeds[place];
          expected += deed?.bytes.subarray(0, deed.endsAfter).length ?? 0;
          while (received() < expected) await setImmediate();
        }
      })();
  await sending;
  if (talk.finishes) client.finish();
  await done.promise;
  const all = talk.deeds
    .slice(0, talk.requests.length)
    .reduce((sum, deed) => sum + deed.bytes.subarray(0, deed.endsAfter).length, 0);
  while (received() < all) await setImmediate();
  const ends =
    talk.finishes || talk.deeds.slice(0, talk.requests.length).some(({ endsAfter }) => endsAfter !== undefined);
  const ending = ends ? await client.ended : undefined;
  const [wire] = upstream.wires.slice(before);
  const joined = (of: Wire | undefined): string =>
    Buffer.concat((of?.arrivals ?? []).map(({ bytes }) => bytes)).toString('latin1');
  return { toServer: joined(wire), toClient: joined(client), ending, connections: upstream.wires.length - before };
}

it('any conversation is for both ends what it is without a proxy, byte for byte', { timeout: 120_000 }, async () => {
  const [direct, proxied] = routes;
  for (let seed = 1; seed <= 60; seed++) {
    const talk = talkOf(seed * 1_000);
    const alone = await hold(talk, direct?.port ?? 0, seed);
    expect(await hold(talk, proxied?.port ?? 0, seed), `seed ${seed}`).toEqual(alone);
  }
  expect(upstream.failures).toEqual([]);
});
