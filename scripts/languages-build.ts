// `node scripts/languages-build.ts`: builds the servers and clients of other languages that test/slow/languages runs,
// those that are missing in the cache. What a machine has no toolchain for is left out, and said.
import { install, missing } from '../test/slow/languages/sdk.ts';
import { SDKS } from '../test/slow/languages/sdks.ts';

const tell = (line: string): void => console.error(`languages: ${line}`);
const started = performance.now();
let there = 0;
for (const sdk of SDKS) {
  if (sdk.toolchain.version() === undefined) {
    tell(missing(sdk));
    continue;
  }
  await install(sdk, tell);
  there += 1;
}
tell(`${there} of ${SDKS.length} SDKs are there (${Math.round((performance.now() - started) / 1_000)} s)`);
