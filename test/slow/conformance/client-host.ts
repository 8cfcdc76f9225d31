import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Agent, buildConnector, fetch as fetchWith } from 'undici';
import { httpServer } from '../../support/listen.ts';
import { startTestProxy } from '../../support/proxy.ts';
import { Task, type ClientRun } from './client-run.ts';
import { playScenario } from './client-scenarios.ts';

/** Clients at a time: each has an mcpspan of its own. */
const AT_ONCE = 3;

export interface ClientHost extends AsyncDisposable {
  /** For `conformance client --command`. */
  readonly command: string;
  /** Scenarios in which no connection led to mcpspan although it stood in the server's place. */
  readonly past: readonly string[];
}

/**
 * Plays the client under test: directly, or with an mcpspan of these flags between it and the server that the suite
 * gives.
 */
export async function startClientHost(flags?: readonly string[]): Promise<ClientHost> {
  const waiting: (() => void)[] = [];
  const past: string[] = [];
  let free = AT_ONCE;
  const host = await httpServer((request, response) => {
    const play = async (): Promise<string> => {
      if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      else free--;
      try {
        const task = Task.parse(await json(request));
        await (flags === undefined ? playDirectly(task) : playThrough(task, flags, past));
        return '';
      } catch (error) {
        return error instanceof Error ? `${error.stack}` : String(error);
      } finally {
        const next = waiting.shift();
        if (next === undefined) free++;
        else next();
      }
    };
    void play().then((problem) => response.writeHead(problem === '' ? 200 : 500).end(problem));
  });
  const script = fileURLToPath(new URL('./client-command.ts', import.meta.url));
  return {
    command: [process.execPath, script, host.url].map((part) => `'${part}'`).join(' '),
    past,
    [Symbol.asyncDispose]: host.close,
  };
}

type Given = Omit<ClientRun, 'fetch'>;

async function playDirectly(run: Given): Promise<void> {
  await using connections = connectionsTo(new Map());
  await playScenario({ ...run, fetch: connections.fetch });
}

/**
 * A server that hands out tokens names itself in them and in what it publishes, and clients hold it to that name: for
 * it mcpspan takes the server's place behind its name. All others are reached by the address of mcpspan.
 */
async function playThrough(run: Given, flags: readonly string[], past: string[]): Promise<void> {
  const server = new URL(run.url);
  await using proxy = await startTestProxy(run.url, flags);
  const takesPlace = run.scenario.startsWith('auth/');
  await using connections = connectionsTo(takesPlace ? new Map([[server.port, proxy.port]]) : new Map());
  if (!takesPlace) server.port = String(proxy.port);
  try {
    await playScenario({ ...run, url: server.href, fetch: connections.fetch });
  } finally {
    if (takesPlace && connections.led() === 0) past.push(run.scenario);
  }
}

interface Connections extends AsyncDisposable {
  readonly fetch: typeof fetch;
  /** How many led elsewhere. */
  led(): number;
}

/** A `fetch` whose connections to a port lead to another. */
function connectionsTo(ports: ReadonlyMap<string, number>): Connections {
  const connect = buildConnector({});
  let led = 0;
  const dispatcher = new Agent({
    connect: (options, done) => {
      const port = ports.get(options.port);
      if (port !== undefined) led++;
      connect({ ...options, port: String(port ?? options.port) }, done);
    },
  });
  const redirected = (input: Parameters<typeof fetchWith>[0], init: Parameters<typeof fetchWith>[1]) =>
    fetchWith(input, { ...init, dispatcher });
  return {
    // The same implementation that Node has built in, from its own package: types differ in name only.
    fetch: redirected as unknown as typeof fetch,
    led: () => led,
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}
