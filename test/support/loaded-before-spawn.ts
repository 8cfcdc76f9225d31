import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs before the program, in its process: writes down what is loaded when the first process is started. */
const WITNESS = `
  import { ChildProcess } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  import { registerHooks } from 'node:module';
  const files = [];
  registerHooks({ load: (url, context, next) => (url.startsWith('file:') && files.push(url), next(url, context)) });
  const builtins = new Set(process.moduleLoadList);
  const { spawn } = ChildProcess.prototype;
  ChildProcess.prototype.spawn = function (options) {
    ChildProcess.prototype.spawn = spawn;
    const more = process.moduleLoadList.filter((name) => !builtins.has(name));
    writeFileSync(process.env.WITNESS_FILE, JSON.stringify({ files, builtins: more }));
    return this.spawn(options);
  };
`;

/** What a program has loaded when it starts its first process. */
export interface Loaded {
  /** Paths below `folder`. */
  files: string[];
  /** The names that Node gives its own modules. */
  builtins: string[];
}

/** Runs a script of ours, which starts a process, to its end. */
export function loadedBeforeSpawn(script: string, args: readonly string[], folder: string): Loaded {
  const place = mkdtempSync(join(tmpdir(), 'mcpspan-loaded-'));
  const file = join(place, 'loaded.json');
  const preload = `data:text/javascript,${encodeURIComponent(WITNESS)}`;
  try {
    const { status, stderr } = spawnSync(process.execPath, ['--import', preload, script, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], WITNESS_FILE: file, MCPSPAN_STORE: join(place, 'store.db') },
    });
    if (status !== 0) throw new Error(stderr);
    // The witness wrote it.
    const loaded = JSON.parse(readFileSync(file, 'utf8')) as Loaded;
    return { ...loaded, files: loaded.files.map((url) => url.slice(`file://${folder}/`.length)) };
  } finally {
    rmSync(place, { recursive: true });
  }
}
