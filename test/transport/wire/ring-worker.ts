import { workerData } from 'node:worker_threads';
import { RingWriter, type SharedRing } from '../../../src/transport/wire/ring-writer.ts';

// The shape of what ring.test.ts hands over.
const writer = new RingWriter(workerData as SharedRing);
const pause = new Int32Array(new SharedArrayBuffer(4));

for (let exchange = 1; exchange <= 20_000; exchange++) {
  const length = 1 + ((exchange * 7_919) % 3_000);
  writer.bytes(exchange, length, 'to-client', Buffer.alloc(length, exchange));
  // The reader falls asleep meanwhile, and has to be woken.
  if (exchange % 500 === 0) Atomics.wait(pause, 0, 0, 1);
}
while (!writer.closed(20_001, 0, 'complete', 0)) Atomics.wait(pause, 0, 0, 1);
