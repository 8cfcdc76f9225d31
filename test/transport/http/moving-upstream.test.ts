import net from 'node:net';
import { setTimeout as passed } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { LookUpAll } from '../../../src/transport/http/addresses.ts';
import { readAnswer } from '../../support/http-message.ts';
import { connectRaw } from '../../support/raw.ts';
import { servedOptions, startTestRelay, type TestRelay } from '../../support/relay.ts';
import { eventsIn } from '../../support/ring-events.ts';
import { fullBacklog } from '../../support/full-backlog.ts';

/** After this time the addresses that were looked up may be old. */
const OLD_MS = 300;
const NAME = 'quiz.tools.svc';

/** A name server that gives these addresses, counts the questions, and fails where it is told to. */
function nameServer(...addresses: string[]) {
  const asked = { addresses, questions: 0, fault: undefined as string | undefined };
  const lookUp: LookUpAll = (_name, _options, callback) => {
    asked.questions++;
    const { fault } = asked;
    const found = asked.addresses.map((address) => ({ address, family: net.isIP(address) }));
    const error = fault === undefined ? null : Object.assign(new Error(fault), { code: fault });
    setImmediate(() => callback(error, error === null ? found : []));
  };
  return Object.assign(asked, { lookUp });
}

interface Place extends AsyncDisposable {
  port: number;
}

/** A server that answers with its address, and closes the connection. */
async function serverAt(host: string, port = 0): Promise<Place> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', () =>
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${host.length}\r\nConnection: close\r\n\r\n${host}`),
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ host, port }, resolve));
  // It listens on TCP.
  const { port: own } = server.address() as net.AddressInfo;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: own, [Symbol.asyncDispose]: close };
}

const relayTo = (port: number, lookUp: LookUpAll, connectTimeoutSeconds = 5): Promise<TestRelay> =>
  startTestRelay([servedOptions(`http://${NAME}:${port}/mcp`, { path: '/quiz', connectTimeoutSeconds })], undefined, {
    lookUp,
  });

async function ask(port: number, host = '127.0.0.1'): Promise<string> {
  await using wire = await connectRaw(port, undefined, host);
  await wire.send('POST /quiz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello');
  const { status, body } = await readAnswer(wire);
  return status === 200 ? body.bytes.toString() : `${status} ${body.bytes.toString()}`;
}

it('where one of several addresses refuses, requests reach the other, and the server is not down', async () => {
  await using place = await serverAt('127.0.0.3');
  const dns = nameServer('127.0.0.2', '127.0.0.3');
  await using test = await relayTo(place.port, dns.lookUp);
  for (let time = 0; time < 3; time++) expect(await ask(test.port)).toBe('127.0.0.3');
  const closed = eventsIn(test.ring).filter(({ kind }) => kind === 'closed');
  expect(closed.map((event) => 'reason' in event && event.reason)).toEqual(['complete', 'complete', 'complete']);
});

it.runIf(process.platform === 'linux')(
  'an address that does not answer delays one connection, and comes after the others from then on',
  async () => {
    await using place = await serverAt('127.0.0.3');
    await using _silent = await fullBacklog('127.0.0.2', place.port);
    const dns = nameServer('127.0.0.2', '127.0.0.3');
    await using test = await relayTo(place.port, dns.lookUp);
    const took: number[] = [];
    for (let time = 0; time < 6; time++) {
      const begun = performance.now();
      expect(await ask(test.port)).toBe('127.0.0.3');
      took.push(performance.now() - begun);
    }
    const [first = 0, ...others] = took;
    expect(first).toBeGreaterThan(240);
    expect(Math.min(...others)).toBeLessThan(first / 2);
  },
);

it('a server that moves is found at once: no request meets the address that was known', async () => {
  const before = await serverAt('127.0.0.2');
  const dns = nameServer('127.0.0.2');
  await using test = await relayTo(before.port, dns.lookUp);
  expect(await ask(test.port)).toBe('127.0.0.2');
  await before[Symbol.asyncDispose]();
  await using _after = await serverAt('127.0.0.4', before.port);
  dns.addresses = ['127.0.0.4'];
  await passed(OLD_MS);
  expect(await ask(test.port)).toBe('127.0.0.4');
  expect(await ask(test.port)).toBe('127.0.0.4');
  expect(dns.questions).toBe(2);
});

it.runIf(process.platform === 'linux')('also where the address that was known does not answer any more', async () => {
  await using after = await serverAt('127.0.0.4');
  const dns = nameServer('127.0.0.4');
  await using test = await relayTo(after.port, dns.lookUp, 20);
  dns.addresses = ['127.0.0.2'];
  await using before = await serverAt('127.0.0.2', after.port);
  expect(await ask(test.port)).toBe('127.0.0.2');
  await before[Symbol.asyncDispose]();
  await using _silent = await fullBacklog('127.0.0.2', after.port);
  dns.addresses = ['127.0.0.4'];
  await passed(OLD_MS);
  expect(await ask(test.port)).toBe('127.0.0.4');
});

it('an upstream that is down costs a question for some of its connections only, and is a 502', async () => {
  const gone = await serverAt('127.0.0.2');
  await gone[Symbol.asyncDispose]();
  const dns = nameServer('127.0.0.2');
  await using test = await relayTo(gone.port, dns.lookUp);
  expect(await ask(test.port)).toMatch(/^502 .*nothing listens there/);
  expect(await ask(test.port)).toMatch(/^502 /);
  expect(dns.questions).toBeLessThanOrEqual(2);
});

it('a name server that does not answer for a while hurts nothing that is known; a name that is gone is a 502', async () => {
  await using place = await serverAt('127.0.0.2');
  const dns = nameServer('127.0.0.2');
  await using test = await relayTo(place.port, dns.lookUp);
  expect(await ask(test.port)).toBe('127.0.0.2');
  dns.fault = 'EAI_AGAIN';
  await place[Symbol.asyncDispose]();
  expect(await ask(test.port)).toMatch(/^502 /);
  await using _again = await serverAt('127.0.0.2', place.port);
  expect(await ask(test.port)).toBe('127.0.0.2');
  dns.fault = 'ENOTFOUND';
  await _again[Symbol.asyncDispose]();
  await ask(test.port);
  expect(await ask(test.port)).toMatch(/^502 .*its name cannot be resolved/);
});

it('a name with addresses of both families is reached at the one where it listens', async () => {
  await using six = await serverAt('::1');
  const dns = nameServer('127.0.0.2', '::1');
  await using test = await relayTo(six.port, dns.lookUp);
  expect(await ask(test.port)).toBe('::1');
  await using four = await serverAt('127.0.0.2');
  const other = nameServer('::1', '127.0.0.2');
  await using second = await relayTo(four.port, other.lookUp);
  expect(await ask(second.port)).toBe('127.0.0.2');
});

it('an upstream and a listener may be addresses of IPv6', async () => {
  await using place = await serverAt('::1');
  await using test = await startTestRelay([servedOptions(`http://[::1]:${place.port}/mcp`)], undefined, {
    host: '::1',
  });
  expect(await ask(test.port, '::1')).toBe('::1');
});
