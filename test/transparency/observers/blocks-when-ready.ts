import { parentPort } from 'node:worker_threads';
import { announceFault } from './announce.ts';

parentPort?.postMessage({ kind: 'ready' });
setImmediate(() => {
  announceFault();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
