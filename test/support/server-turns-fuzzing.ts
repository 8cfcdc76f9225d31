import { readAnswer, type Answer } from './http-message.ts';
import { connectRaw, type Wire } from './raw.ts';
import { servedOptions, startTestRelay } from './relay.ts';
import type { SeededRandom } from './seeded-random.ts';
import { startUpstream, type Upstream } from './upstream.ts';

const NAMES = ['one', 'two', 'three'] as const;
type Name = (typeof NAMES)[number];

interface Request {
  server: Name;
  method: string;
  bytes: string;
}

/** What a run over some connections came to, by server. */
export type Reached = Record<Name, { requests: string; answers: readonly string[] }>;

/**
 * Sends the same requests twice: all over one connection, cut anywhere and sent as fast as it goes, and those for each
 * server over a connection of its own. Returns what each server got, and what it answered, in both runs.
 * @param reloads servers are replaced meanwhile by others at the same upstream
 */
export async function askInTurns(
  random: SeededRandom,
  reloads: boolean,
): Promise<{ together: Reached; alone: Reached }> {
  const requests = Array.from({ length: 2 + random.below(12) }, (_, index) => requestOf(random, index));
  const together = await run(async (port, renew) => {
    const finishes = random.once(2);
    const whole = requests.map(({ bytes }) => bytes).join('');
    const wire = await connectRaw(port);
    const sent = (async () => {
      for (const piece of cut(whole, random)) {
        await wire.send(piece);
        if (reloads && random.once(4)) await renew();
        if (random.once(2)) await turns(random.below(4));
      }
      if (finishes) wire.finish();
    })();
    const answers = await answersTo(wire, requests);
    await sent;
    if (!finishes) wire.finish();
    if (!(await wire.atEnd())) throw new Error('more came than was asked for');
    await wire[Symbol.asyncDispose]();
    return answers;
  });
  const alone = await run(async (port) => {
    const all: (readonly [Name, string])[] = [];
    for (const server of NAMES) {
      const own = requests.filter((request) => request.server === server);
      await using wire = await connectRaw(port);
      await wire.send(own.map(({ bytes }) => bytes).join(''));
      all.push(...(await answersTo(wire, own)));
    }
    return all;
  });
  return { together, alone };
}

/** @param talk gives the answers, each with the server that was asked. Its second argument has servers replaced */
async function run(
  talk: (port: number, renew: () => Promise<unknown>) => Promise<readonly (readonly [Name, string])[]>,
): Promise<Reached> {
  const upstreams: Upstream[] = [];
  const got: Record<Name, string> = { one: '', two: '', three: '' };
  for (const name of NAMES) upstreams.push(await startEcho(name, (text) => (got[name] += text)));
  let revision = 0;
  const servers = () =>
    NAMES.map((name, index) =>
      servedOptions(`${upstreams[index]?.url}/mcp`, { index, revision: revision + index, path: `/${name}` }),
    );
  const test = await startTestRelay(servers());
  try {
    const answers = await talk(test.port, () => {
      revision += 1;
      return test.relay.serve([{ key: 'only', listen: { host: '127.0.0.1', port: test.port }, servers: servers() }]);
    });
    const of = (name: Name): Reached[Name] => ({
      requests: got[name],
      answers: answers.flatMap(([server, answer]) => (server === name ? [answer] : [])),
    });
    return { one: of('one'), two: of('two'), three: of('three') };
  } finally {
    await test[Symbol.asyncDispose]();
    for (const upstream of upstreams) await upstream.close();
  }
}

/** A server that tells what it got, and answers with its name and that, framed in one of three ways. */
function startEcho(name: Name, tell: (text: string) => void): Promise<Upstream> {
  let count = 0;
  return startUpstream(async ({ method, target, fields, body, wire }) => {
    const { bytes, trailers, framing } = await body();
    const head = fields.map(([field, value]) => `${field}: ${value}`).join('\n');
    tell(`${method} ${target}\n${head}\n${framing} ${bytes.toString('latin1')}\n${trailers.join()}\n\n`);
    const text = `${name} ${count++} ${target} ${bytes.toString('latin1')}`;
    await turns(text.length % 3);
    if (text.length % 5 === 0) await wire.send('HTTP/1.1 102 Processing\r\n\r\n');
    if (method === 'HEAD') await wire.send(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n`);
    else if (text.length % 4 === 0) {
      const [one, two] = [text.slice(0, 5), text.slice(5)];
      await wire.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n${one}\r\n`);
      await turns(2);
      await wire.send(`${two.length.toString(16)}\r\n${two}\r\n0\r\nDigest: x\r\n\r\n`);
    } else await wire.send(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
  });
}

function requestOf(random: SeededRandom, index: number): Request {
  const server = random.pick(NAMES);
  const method = random.pick(['POST', 'POST', 'GET', 'HEAD', 'DELETE']);
  const path = `/${server}${random.pick(['', '/x', '?y=1', '/deep/er?z'])}`;
  const target = random.pick([path, path, `http://localhost${path}`]);
  const size = random.pick([0, 1, 30, 3_000, 90_000]);
  const body = `${index}`.padEnd(size, 'abc ').slice(0, size);
  const framings = {
    none: '\r\n',
    length: `Content-Length: ${size}\r\n\r\n${body}`,
    chunked: `Transfer-Encoding: chunked\r\n\r\n${chunks(body, random)}0\r\n${random.pick(['', 'Digest: y\r\n'])}\r\n`,
  };
  const framing = method === 'POST' ? random.pick(['length', 'length', 'chunked'] as const) : 'none';
  const more = random.pick([
    '',
    'Mcp-Session-Id: s\r\n',
    'Connection: keep-alive, x-hop\r\nX-Hop: 1\r\n',
    'TE: trailers\r\n',
  ]);
  // An empty line before a request is passed over.
  const before = random.pick(['', '', '', '\r\n']);
  return {
    server,
    method,
    bytes: `${before}${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${more}${framings[framing]}`,
  };
}

function chunks(body: string, random: SeededRandom): string {
  let text = '';
  for (let at = 0; at < body.length;) {
    const chunk = body.slice(at, at + 1 + random.below(40_000));
    text += `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
    at += chunk.length;
  }
  return text;
}

function* cut(text: string, random: SeededRandom): Generator<string> {
  for (let at = 0; at < text.length;) {
    const length = random.pick([1, 7, 100, 5_000, 100_000]);
    const piece = text.slice(at, at + 1 + random.below(length));
    yield piece;
    at += piece.length;
    // A hundred tiny pieces say as much as a hundred thousand.
    if (at > 2_000 && random.once(8)) {
      yield text.slice(at);
      return;
    }
  }
}

async function answersTo(wire: Wire, requests: readonly Request[]): Promise<(readonly [Name, string])[]> {
  const answers: (readonly [Name, string])[] = [];
  for (const { server, method } of requests) answers.push([server, textOf(await readAnswer(wire, method))]);
  return answers;
}

const textOf = ({ informational, head, body }: Answer): string =>
  JSON.stringify([informational, head, body.framing, body.bytes.toString('latin1'), body.trailers]);

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
