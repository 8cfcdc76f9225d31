import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process that listens on a port. */
export interface PortHolder {
  pid: number;
  /** Its command line. */
  words: readonly string[];
}

/** In `/proc/net/tcp`: the state of a socket that listens. */
const LISTENING = '0A';

/** Who listens on a TCP port of this machine; undefined: the system does not say. Only Linux does, of this user's processes. */
export function portHolder(port: number): PortHolder | undefined {
  const sockets = new Set(['tcp', 'tcp6'].flatMap((table) => listeners(table, port)));
  if (sockets.size === 0) return undefined;
  for (const pid of entriesOf('/proc').filter((name) => /^\d+$/.test(name))) {
    const held = entriesOf(`/proc/${pid}/fd`).some((fd) =>
      sockets.has(orNothing(() => readlinkSync(`/proc/${pid}/fd/${fd}`))),
    );
    if (!held) continue;
    const words = orNothing(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      .split('\0')
      .filter((word) => word !== '');
    return { pid: Number(pid), words };
  }
  return undefined;
}

/** The sockets that listen on a port, as links of file descriptors name them. */
function listeners(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return orNothing(() => readFileSync(`/proc/net/${table}`, 'utf8'))
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTENING && local?.endsWith(wanted) === true)
    .map((columns) => `socket:[${columns[9]}]`);
}

const entriesOf = (path: string): string[] => {
  let found: string[] = [];
  orNothing(() => {
    found = readdirSync(path);
    return '';
  });
  return found;
};

/** Processes come and go, and those of others cannot be read. */
function orNothing(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return '';
    throw error;
  }
}
