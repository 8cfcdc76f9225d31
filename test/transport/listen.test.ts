import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { listenOn, tryListening } from '../../src/transport/listen.ts';
import { listen } from '../support/listen.ts';

const LOOPBACK = '127.0.0.1';

it('resolves with the port that the system chose', async () => {
  const server = createServer();
  const port = await listenOn(server, { host: LOOPBACK, port: 0 });
  expect(server.address()).toMatchObject({ address: LOOPBACK, port });
  server.close();
});

it('rejects where another listens', async () => {
  await using taken = await listen(createServer());
  const address = { host: LOOPBACK, port: taken.port };
  await expect(listenOn(createServer(), address)).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'listen' });
  await expect(tryListening(address)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

it('leaves a port that it only tried free', async () => {
  const { port } = await (async () => {
    await using freed = await listen(createServer());
    return freed;
  })();
  await tryListening({ host: LOOPBACK, port });
  await tryListening({ host: LOOPBACK, port });
});

it('goes on listening when a connection could not be accepted, however often', async () => {
  const server = createServer();
  await listenOn(server, { host: LOOPBACK, port: 0 });
  // As Node tells of it where there are no file descriptors left.
  for (let time = 0; time < 2; time++) server.emit('error', new Error('accept EMFILE'));
  expect(server.listening).toBe(true);
  server.close();
});
