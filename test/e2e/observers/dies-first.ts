import { workerData } from 'node:worker_threads';
import '../../../src/observer/observer.ts';
import type { ObserverData } from '../../../src/observer/setup.ts';
import { CELL } from '../../../src/transport/wire/ring-writer.ts';

// Our own observer. The first one dies when it has read everything.
const { restarted, rings } = workerData as ObserverData;
if (restarted === 0) {
  const cells = rings.map(({ memory }) => new Int32Array(memory));
  setInterval(() => {
    if (cells.every((cell) => cell[CELL.write] !== 0 && cell[CELL.write] === cell[CELL.released])) process.exit(1);
  }, 20);
}
