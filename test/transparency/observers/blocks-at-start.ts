import { announceFault } from './announce.ts';

announceFault();
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
