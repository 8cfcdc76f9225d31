import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { eventually } from '../../stack/support/eventually.ts';
import { docker, inspect, withEngine } from './docker.ts';
import type { Engine } from './engine.ts';
import { IMAGE } from './images.ts';

export interface Container extends AsyncDisposable {
  readonly id: string;
  /** Both streams, from the start. */
  log(): Promise<string>;
  /** Resolves when the log has a line that matches. */
  said(pattern: RegExp): Promise<void>;
  /** The published port of one inside. */
  port(inside: number): Promise<number>;
  /** Resolves when the engine says `healthy` or `unhealthy`. */
  health(): Promise<{ Status: string; Log: readonly { ExitCode: number; Output: string }[] }>;
  /** `docker stop`, with the time that the image needs. Resolves with the exit code, and how long it took. */
  stop(): Promise<{ code: number; seconds: number }>;
}

interface State {
  readonly State: {
    readonly ExitCode: number;
    readonly Health: { readonly Status: string; readonly Log: readonly { ExitCode: number; Output: string }[] };
  };
}

const STOP_SECONDS = '40';
const HEALTH_WITHIN_SECONDS = 60;

/** `docker run -d OPTIONS mcpspan ARGS`. Its volumes go with it. */
export async function run(engine: Engine, options: readonly string[], args: readonly string[]): Promise<Container> {
  const id = await docker(engine, 'run', '-d', ...options, IMAGE, ...args);
  const state = async (): Promise<State['State']> => (await inspect<State>(engine, id)).State;
  const log = async (): Promise<string> => {
    const { stdout, stderr } = await withEngine(engine, engine.client, ['logs', id]);
    return stdout + stderr;
  };
  return {
    id,
    log,
    said: async (pattern) => {
      await eventually(`the log has ${pattern.source}`, async () => (pattern.test(await log()) ? true : undefined));
    },
    port: async (inside) =>
      eventually('the port', async () => {
        const [, port] = /:(\d+)$/m.exec(await docker(engine, 'port', id, `${inside}/tcp`)) ?? [];
        return port === undefined ? undefined : Number(port);
      }),
    health: () =>
      eventually(
        'the health is known',
        async () => {
          const { Health } = await state();
          return Health.Status === 'starting' ? undefined : Health;
        },
        HEALTH_WITHIN_SECONDS,
      ),
    stop: async () => {
      const since = performance.now();
      await docker(engine, 'stop', '-t', STOP_SECONDS, id);
      return { code: (await state()).ExitCode, seconds: (performance.now() - since) / 1_000 };
    },
    [Symbol.asyncDispose]: async () => void (await docker(engine, 'rm', '-fv', id)),
  };
}

/**
 * A request as of a browser that believes that the address has this name: GET, or POST where there is a body. Resolves
 * with the status and the text.
 */
export function askAs(
  host: string,
  port: number,
  { path, body }: { path: string; body?: string },
): Promise<{ status: number | undefined; text: string }> {
  const headers = { host, accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    request({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      text(answer).then((read) => resolve({ status: answer.statusCode, text: read }), reject);
    })
      .once('error', reject)
      .end(body);
  });
}
