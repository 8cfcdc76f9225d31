import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf } from '../transport/error-text.ts';
import { addressText, type Address } from '../transport/names.ts';
import { Problem } from '../settings/option-kinds.ts';
import { OPTIONS } from '../settings/options.ts';

/**
 * Writes where health answers, as `--health` takes it (`off`: nowhere), for a `mcpspan healthcheck` that is started beside
 * the proxy and so cannot know its flags. It stays when the proxy ends: who asks then is refused. A fault is only said.
 */
export function writeHealthFile(path: string, health: Address | undefined, say: (line: string) => void): void {
  const partial = `${path}.${process.pid}`;
  try {
    rmSync(partial, { force: true });
    // Renamed, so that nobody reads half of it. Nor does it follow a link that another user put there.
    writeFileSync(partial, `${health === undefined ? 'off' : addressText(health)}\n`, { flag: 'wx', mode: 0o644 });
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    say(`--health-file cannot be written (${messageOf(error)}); mcpspan healthcheck knows only of MCPSPAN_HEALTH now`);
  }
}

/** What the proxy wrote: an address, or undefined inside for none. Undefined: there is nothing that can be read. */
export function readHealthFile(path: string): { health: Address | undefined } | undefined {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
  const health = OPTIONS.health.parse(text.trim(), undefined);
  return health instanceof Problem ? undefined : { health };
}
