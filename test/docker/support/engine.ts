import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../../stack/support/eventually.ts';

const run = promisify(execFile);

/** A Docker engine, as a command needs it. It can be handed to another process. */
export interface Engine {
  /** The client: the one that came with the engine, since a newer one may lack what it builds with. */
  readonly client: string;
  /** Environment that leads to the engine, beside that of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** We started it, from a data folder in the cache: nothing in it is anybody else's. */
  readonly isOurs: boolean;
}

export interface OpenEngine {
  readonly engine: Engine;
  close(): Promise<void>;
}

const READY_WITHIN_SECONDS = 60;
const LAST_LINES = 30;
/** Ends dockerd when this process dies in a way that lets it clean nothing up (util-linux; absent elsewhere). */
const SETPRIV = '/usr/bin/setpriv';

/** Where the data of our own engine is, and what its images are made of. */
export const cacheFolder = (): string =>
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'mcpspan-docker');

/** The path of a program, where it is installed. */
export const found = (program: string, further: readonly string[] = []): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), ...further]
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));

const answers = async (client: string, env: Readonly<Record<string, string>>): Promise<boolean> =>
  run(client, ['version', '--format', '{{.Server.Version}}'], { env: { ...process.env, ...env } }).then(
    () => true,
    () => false,
  );

/**
 * The engine that is there, else one that we start, which takes root and the program dockerd. Resolves with the reason
 * where there can be none. @throws when dockerd does not start, with what it wrote
 */
export async function openEngine(): Promise<OpenEngine | string> {
  const client = found('docker');
  if (client !== undefined && (await answers(client, {})))
    return { engine: { client, env: { DOCKER_BUILDKIT: '1' }, isOurs: false }, close: async () => undefined };
  const dockerd = found('dockerd', ['/usr/sbin', '/sbin']);
  if (dockerd === undefined)
    return 'no Docker engine answers, and dockerd is not installed (apt-get install docker.io)';
  if (process.getuid?.() !== 0) return 'no Docker engine answers, and only root may start one';
  return startEngine(dockerd);
}

async function startEngine(dockerd: string): Promise<OpenEngine> {
  const data = join(cacheFolder(), 'data');
  mkdirSync(data, { recursive: true });
  // The path of a socket has at most 108 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'mcpspan-dockerd-'));
  const socket = `unix://${join(folder, 'docker.sock')}`;
  const args = [
    '--data-root',
    data,
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    join(folder, 'pid'),
    '-H',
    socket,
  ];
  const [file, ...rest] = existsSync(SETPRIV)
    ? [SETPRIV, '--pdeathsig', 'TERM', '--', dockerd, ...args]
    : [dockerd, ...args];
  const child = spawn(file, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-50_000);
  });
  let over = false;
  const ended = once(child, 'exit').finally(() => (over = true));
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const client = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';
  const engine: Engine = { client, env: { DOCKER_HOST: socket, DOCKER_BUILDKIT: '1' }, isOurs: true };
  try {
    await eventually(
      'dockerd answers',
      async () => (over || (await answers(client, engine.env)) ? true : undefined),
      READY_WITHIN_SECONDS,
    );
    if (over) throw new Error('dockerd ended');
  } catch (error) {
    await close();
    throw new Error(`no engine:\n${log.trimEnd().split('\n').slice(-LAST_LINES).join('\n')}`, { cause: error });
  }
  return { engine, close };
}
