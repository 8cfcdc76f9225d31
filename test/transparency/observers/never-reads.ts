import { parentPort } from 'node:worker_threads';
import { announceFault } from './announce.ts';

parentPort?.postMessage({ kind: 'ready' });
announceFault();
setInterval(() => undefined, 60_000);
