// `node wrap-observed-by.ts OBSERVER -- COMMAND`: wraps a command as the command line does, with another observer.
import { parseConfig } from '../../src/settings/config.ts';
import { openStderr } from '../../src/transport/stdio/stderr.ts';
import { wrap } from '../../src/run/wrap.ts';

const [observer = '', ...args] = process.argv.slice(2);
const parsed = parseConfig(args, process.env);
if (!parsed.ok || parsed.command !== 'stdio') throw new Error('this wraps a command');
const stderr = openStderr();
const ending = await wrap(parsed.config, {
  say: (line) => stderr.write(`mcpspan: ${line}\n`),
  print: (text) => stderr.write(text),
  observerEntry: new URL(observer, import.meta.url),
  env: process.env,
});
process.exit('code' in ending ? ending.code : 1);
