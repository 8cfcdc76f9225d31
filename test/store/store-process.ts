import { setImmediate as turn } from 'node:timers/promises';
import { startRig } from './store-rig.ts';

// A process with a store: `write PATH NAME ROUNDS` stores a session with as many calls, in many batches, and says how
// many operations are in the file after each; `beside PATH NAME` does so a little at a time, as a wrapped server would.
const [, , task, path = '', name = '', rounds = '1'] = process.argv;
const rig = startRig(path, { byItself: true, store: { server: name, say: console.log } });
let operations = 1;
rig.talk.initialize(name);
console.log('ready');
if (task === 'write') {
  for (let round = 1; round <= Number(rounds); round++) {
    rig.talk.call(name, `tool-${round % 10}`);
    operations++;
    if (round % 50 !== 0) continue;
    rig.store.flush();
    rig.talk.forget();
    console.log(`stored ${operations}`);
    await turn();
  }
} else {
  for (let round = 1; round <= Number(rounds); round++) {
    rig.talk.call(name);
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (round % 10 === 0) rig.store.flush();
  }
}
rig.store.close();
console.log(`lost ${rig.lost()}`);
process.exit();
