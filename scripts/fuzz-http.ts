import { parseArgs } from 'node:util';
import { fuzz } from '../test/support/http-fuzzing.ts';

/** Holds the HTTP codec against llhttp for as long as wanted: `node scripts/fuzz-http.ts --cases N --seed S`. */
const { values } = parseArgs({ options: { cases: { type: 'string' }, seed: { type: 'string' } } });
const cases = Number(values.cases ?? 1_000_000);
const seed = Number(values.seed ?? Date.now() % 0x8000_0000);

const begun = performance.now();
const counts = fuzz(seed, cases);
const seconds = (performance.now() - begun) / 1_000;
process.stdout.write(
  `seed ${seed}: ${counts.cases} cases in ${seconds.toFixed(1)} s: ${counts.accepted} accepted, ${counts.refused} refused, ` +
    `${counts.incomplete} incomplete; ${counts.messages} messages accepted\n`,
);
const stricter = [...counts.stricter].sort(([, one], [, other]) => other - one);
for (const [reason, count] of stricter) process.stdout.write(`stricter than llhttp, ${count} times: ${reason}\n`);
for (const difference of counts.differences) process.stdout.write(`\n${difference}\n`);
process.exitCode = counts.differences.length > 0 ? 1 : 0;
