import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A Node of this machine that is too old for mcpspan, if there is one. */
export const oldNode = (): string | undefined =>
  ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
    if (!existsSync(path)) return false;
    const { stdout } = spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' });
    return Number(stdout.split('.')[0]) < 22;
  });
