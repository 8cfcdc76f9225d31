import net from 'node:net';
import { once } from 'node:events';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/**
 * A loopback port whose connections are never accepted and whose queue is full, so that a further connection attempt
 * gets no answer at all: the listening thread sleeps for ever. Relies on a kernel that drops what exceeds the backlog,
 * as Linux does.
 */
export async function fullBacklog(host = '127.0.0.1', wanted = 0): Promise<{ port: number } & AsyncDisposable> {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const server = require('node:net').createServer().listen({ ...workerData, backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
     });`,
    { eval: true, workerData: { host, port: wanted } },
  );
  const [port]: unknown[] = await once(worker, 'message');
  if (typeof port !== 'number') throw new Error('the listening thread named no port');
  const fillers: net.Socket[] = [];
  for (let full = false; !full;) {
    const filler = net.connect(port, host).on('error', () => filler.destroy());
    fillers.push(filler);
    full = await Promise.race([
      once(filler, 'connect').then(() => false),
      // Loopback accepts within microseconds; an attempt that is still open now was dropped. What came while this
      // process was held up itself is seen in the turn that follows.
      delay(500)
        .then(turn)
        .then(() => filler.connecting),
    ]);
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}
