import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { startPeer } from './peers.ts';
import { startProgram, startScript, type Program } from './program.ts';

export const ROUTE_NAMES = ['direct', 'pipe', 'nginx', 'haproxy', 'off', 'local', 'otlp'] as const;
export type RouteName = (typeof ROUTE_NAMES)[number];

export const ROUTE_TITLES: Record<RouteName, string> = {
  direct: 'direct',
  pipe: 'bare pipe',
  nginx: 'nginx',
  haproxy: 'haproxy',
  off: 'mcpspan, all off',
  local: 'mcpspan, no options',
  otlp: 'mcpspan, OTLP',
};

/** A route from the clients to the upstream. */
export interface Route {
  name: RouteName;
  port: number;
  /** Undefined: there is no proxy on the route. */
  proxy: Program | undefined;
  stop(): Promise<void>;
}

export interface RouteOptions {
  upstreamPort: number;
  sinkPort: number;
  /** The command line of mcpspan, as a module. */
  mcpspan: string;
  mcpspanArgs?: readonly string[];
  nodeFlags?: readonly string[];
  env?: Record<string, string>;
}

/** Starts the proxy of a route. Undefined: it is not installed. */
export async function startRoute(name: RouteName, options: RouteOptions): Promise<Route | undefined> {
  const upstream = `http://127.0.0.1:${options.upstreamPort}`;
  switch (name) {
    case 'direct':
      return { name, port: options.upstreamPort, proxy: undefined, stop: () => Promise.resolve() };
    case 'pipe':
      return around(name, await startScript('pipe.ts', [upstream], options.nodeFlags));
    case 'nginx':
    case 'haproxy':
      return startPeer(name, options.upstreamPort);
    case 'off':
      return around(
        name,
        await startMcpspan(upstream, { ...options, mcpspanArgs: [...OFF, ...(options.mcpspanArgs ?? [])] }, {}),
      );
    case 'local':
      return startDefault(name, upstream, options, {});
    case 'otlp':
      return startDefault(name, upstream, options, {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${options.sinkPort}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      });
  }
}

const OFF = ['--page', 'off', '--store', 'off'];

/** mcpspan as it is without options: with a record and a page. Somebody looks at the page where nothing is exported. */
async function startDefault(
  name: 'local' | 'otlp',
  upstream: string,
  options: RouteOptions,
  env: Record<string, string>,
): Promise<Route> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-store-'));
  const page = await freePort();
  const mcpspanArgs = [
    '--page',
    `127.0.0.1:${page}`,
    '--store',
    join(folder, 'store.db'),
    ...(options.mcpspanArgs ?? []),
  ];
  const program = await startMcpspan(upstream, { ...options, mcpspanArgs }, env);
  const leave = new AbortController();
  if (name === 'local') void look(`http://127.0.0.1:${page}`, leave.signal);
  const stop = async (): Promise<void> => {
    leave.abort();
    await program.stop();
    rmSync(folder, { recursive: true });
  };
  return { name, port: program.port, proxy: program, stop };
}

/** Like the page, it asks after at least this pause, or after so many times the duration of the last answer. */
const MIN_LOOK_PAUSE_MS = 1_000;
const PAUSE_PER_ANSWER = 8;

/** Follows the stream of events and asks for figures now and then, as an open page does. */
async function look(page: string, signal: AbortSignal): Promise<void> {
  const follow = async (): Promise<void> => {
    const { body } = await fetch(`${page}/api/stream`, { signal });
    for await (const _ of body ?? []) if (signal.aborted) return;
  };
  const ask = async (): Promise<void> => {
    while (!signal.aborted) {
      const from = performance.now();
      await (await fetch(`${page}/api/now?seconds=900`, { signal })).arrayBuffer();
      const took = performance.now() - from;
      await delay(Math.max(MIN_LOOK_PAUSE_MS, PAUSE_PER_ANSWER * took), undefined, { signal });
    }
  };
  await Promise.all([follow(), ask()]).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

const around = (name: RouteName, proxy: Program): Route => ({ name, port: proxy.port, proxy, stop: proxy.stop });

function startMcpspan(upstream: string, options: RouteOptions, env: Record<string, string>): Promise<Program> {
  const { mcpspan, mcpspanArgs = [], nodeFlags = [] } = options;
  const args = ['--upstream', `${upstream}/mcp`, '--listen', '127.0.0.1:0', '--drain-delay', '0'];
  return startProgram(process.execPath, [...nodeFlags, mcpspan, ...args, ...mcpspanArgs], {
    env: { ...env, ...options.env },
    portLine: /clients +http:\/\/127\.0\.0\.1:(\d+)/,
  });
}
