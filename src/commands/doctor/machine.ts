import { constants } from 'node:fs';
import { access, open, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { version } from '../../version.ts';
import { codeOf } from '../../transport/error-code.ts';
import { ok, problem, warning, type Check } from './check.ts';
import { messageOf } from '../../transport/error-text.ts';

/** As in package.json. */
const OLDEST_NODE = [22, 19] as const;

export function checkVersions(node = process.versions.node): Check {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const found = `mcpspan ${version} on Node ${node}, ${process.platform} ${process.arch}`;
  const fresh = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  return fresh
    ? ok('versions', found)
    : problem('versions', found, `Node ${OLDEST_NODE.join('.')} or newer is needed: install it, or use the image`);
}

const SQLITE_HEADER = 'SQLite format 3\0';

/** Whether the local store can be written. @param maxMb how large it may become */
export async function checkStore(path: string | undefined, maxMb: number): Promise<readonly Check[]> {
  if (path === undefined) return [ok('store', 'off')];
  const found = await stat(path).catch((error: unknown) => (error instanceof Error ? codeOf(error) : 'unknown'));
  if (typeof found === 'string') return checkFolder(path, found, maxMb);
  const another = 'choose another with --store PATH, or correct its owner and mode';
  if (!found.isFile()) return [problem('store', `${path} is not a file`, 'choose another with --store PATH')];
  const denied = await access(path, constants.R_OK | constants.W_OK).then(
    () => false,
    () => true,
  );
  if (denied) return [problem('store', `this user may not read and write ${path}`, another)];
  const fault = await faultOf(path, found.size);
  if (fault !== undefined) return [problem('store', `${path}: ${fault}`, 'move it away: mcpspan makes a new one')];
  return [
    (found.mode & 0o077) === 0 || process.platform === 'win32'
      ? ok('store', `${path}, ${(found.size / 1_048_576).toFixed(1)} MB`)
      : warning('store', `other users of this machine can read ${path}`, `chmod 600 ${path}`),
    ...(await checkRoom(dirname(path), maxMb)),
  ];
}

/** Whether a store can be made, where there is none yet. */
async function checkFolder(path: string, code: string, maxMb: number): Promise<readonly Check[]> {
  if (code !== 'ENOENT')
    return [problem('store', `cannot look at ${path} (${code})`, 'choose another with --store PATH')];
  let folder = dirname(path);
  // The nearest folder that exists.
  while ((await stat(folder).catch(() => undefined)) === undefined && folder !== dirname(folder))
    folder = dirname(folder);
  const denied = await access(folder, constants.W_OK | constants.X_OK).then(
    () => false,
    () => true,
  );
  if (denied)
    return [
      problem('store', `this user may not write to ${folder}`, 'choose another place: --store PATH, or --store off'),
    ];
  return [ok('store', `${path} will be made`), ...(await checkRoom(folder, maxMb))];
}

async function faultOf(path: string, size: number): Promise<string | undefined> {
  if (size === 0) return undefined;
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(SQLITE_HEADER.length), 0, SQLITE_HEADER.length, 0);
  await file.close();
  if (buffer.toString('latin1') !== SQLITE_HEADER) return 'it is not a SQLite database';
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    database.close();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

async function checkRoom(folder: string, maxMb: number): Promise<readonly Check[]> {
  const { bavail, bsize } = await statfs(folder);
  const free = Math.floor((bavail * bsize) / 1_048_576);
  return free >= maxMb
    ? []
    : [
        warning(
          'room for the store',
          `${folder} has ${free} MB free, and the store may grow to ${maxMb} MB`,
          `free some space, or set --store-max-mb ${Math.max(1, Math.floor(free / 2))}`,
        ),
      ];
}
