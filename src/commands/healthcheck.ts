import { connect } from 'node:net';
import type { SettingsOf } from '../settings/command-settings.ts';
import { readHealthFile } from '../run/health-file.ts';
import { addressText, type Address } from '../transport/names.ts';
import type { Timers } from '../transport/timers.ts';

/** Less than the 3 s after which Docker ends it, so that the reason is in its log. */
const ANSWER_MS = 2_500;

const MAX_STATUS_LINE = 1_000;

/** Addresses that a server listens on to be reached at every one, and where it is reached from the same machine. */
const REACHED_AT: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * `mcpspan healthcheck`: asks the `/healthz` of a running proxy. Resolves with the exit code: 0 it answers, or has no
 * health address; 1 it does not answer, with the reason on stderr.
 */
export async function healthcheck(
  { health: told, 'health-file': file }: SettingsOf<'healthcheck'>,
  { tell, timers }: { tell(line: string): void; timers: Timers },
): Promise<number> {
  const written = file === undefined ? undefined : readHealthFile(file);
  const health = written === undefined ? told : written.health;
  if (health === undefined) {
    tell('mcpspan: --health is off: there is nothing to ask (mcpspan healthcheck --health HOST:PORT asks there)');
    return 0;
  }
  const at = { ...health, host: REACHED_AT[health.host] ?? health.host };
  const trouble = await ask(at, timers);
  if (trouble !== undefined) tell(`mcpspan: not healthy: ${addressText(at)} ${trouble}`);
  return trouble === undefined ? 0 : 1;
}

/**
 * Why the proxy is not healthy; undefined: it is. On a socket: `node:http` takes 10 ms to load, `fetch` 40.
 */
function ask(address: Address, timers: Timers): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const end = (trouble: string | undefined): void => {
      giveUp();
      socket.destroy();
      resolve(trouble);
    };
    const giveUp = timers.after(ANSWER_MS, () => end(`does not answer within ${ANSWER_MS / 1_000} s`));
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('connect', () => socket.write(`GET /healthz HTTP/1.1\r\nHost: ${addressText(address)}\r\n\r\n`));
    socket.on('data', (text: string) => {
      answer += text;
      const line = /^(.*)\r\n/.exec(answer)?.[1];
      if (line !== undefined) end(/^HTTP\/1\.1 200\b/.test(line) ? undefined : `answers '${line}'`);
      else if (answer.length > MAX_STATUS_LINE) end('answers something else than HTTP');
    });
    socket.on('end', () => end('closes the connection without an answer'));
    socket.on('error', (error) => end(`cannot be reached (${'code' in error ? String(error.code) : error.message})`));
  });
}
