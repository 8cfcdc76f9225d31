import { once } from 'node:events';
import { openSpool } from '../../src/delivery/open-spool.ts';
import { batchOf, drain } from './spool-rig.ts';

// A process with a spool: `hold PATH NAME COUNT SIZE` fills it and stays, `drain PATH` empties it once told to begin.
const [, , task, path = '', name = '', count = '0', size = '1000'] = process.argv;
const open = () =>
  openSpool({
    where: { kind: 'directory', path },
    maxBytes: 2 ** 30,
    onDropped: (signal, items) => console.log(`dropped ${items} ${signal}`),
    say: console.log,
  });

if (task === 'hold') {
  const spool = open();
  for (let index = 0; index < Number(count); index++) {
    spool.put(batchOf(`${name}-${index}`, { size: Number(size), items: index + 1 }));
    console.log(`kept ${name}-${index}`);
  }
  console.log('ready');
  process.stdin.resume();
} else {
  console.log('ready');
  await once(process.stdin, 'data');
  const spool = open();
  for (const text of drain(spool)) console.log(`took ${text}`);
  console.log('empty');
  await once(process.stdin, 'data');
  spool.close();
  process.exit();
}
