import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startProgram, startScript, type Program } from './program.ts';

export const ROUTE_NAMES = ['direct', 'pipe', 'nginx', 'off', 'local', 'otlp'] as const;
export type RouteName = (typeof ROUTE_NAMES)[number];

export const ROUTE_TITLES: Record<RouteName, string> = {
  direct: 'direct',
  pipe: 'bare pipe',
  nginx: 'nginx',
  off: 'mcpspan, telemetry off',
  local: 'mcpspan, page and store',
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
      return startNginx(options.upstreamPort);
    case 'off':
      return around(name, await startMcpspan(upstream, options, {}));
    case 'local':
      return startLocal(upstream, options);
    case 'otlp':
      return around(
        name,
        await startMcpspan(upstream, options, {
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${options.sinkPort}`,
          OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        }),
      );
  }
}

/** mcpspan without any option: it has a record and a page, and somebody looks at the page. */
async function startLocal(upstream: string, options: RouteOptions): Promise<Route> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-store-'));
  const page = await freePort();
  const mcpspanArgs = [
    '--page',
    `127.0.0.1:${page}`,
    '--store',
    join(folder, 'store.db'),
    ...(options.mcpspanArgs ?? []),
  ];
  const program = await startMcpspan(upstream, { ...options, mcpspanArgs }, {});
  const leave = new AbortController();
  void look(`http://127.0.0.1:${page}`, leave.signal);
  const stop = async (): Promise<void> => {
    leave.abort();
    await program.stop();
    rmSync(folder, { recursive: true });
  };
  return { name: 'local', port: program.port, proxy: program, stop };
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
  const args = [
    '--upstream',
    `${upstream}/mcp`,
    '--listen',
    '127.0.0.1:0',
    '--page',
    'off',
    '--store',
    'off',
    '--drain-delay',
    '0',
  ];
  return startProgram(process.execPath, [...nodeFlags, mcpspan, ...args, ...mcpspanArgs], {
    env: { ...env, ...options.env },
    portLine: /clients +http:\/\/127\.0\.0\.1:(\d+)/,
  });
}

const MAX_NGINX_TRIES = 100;

async function startNginx(upstreamPort: number): Promise<Route | undefined> {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const command = places.map((place) => join(place, 'nginx')).find((path) => existsSync(path));
  if (command === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'bench-nginx-'));
  const port = await freePort();
  writeFileSync(join(folder, 'nginx.conf'), nginxConfig(folder, port, upstreamPort));
  const program = await startProgram(command, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']);
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries === MAX_NGINX_TRIES) throw new Error('nginx does not listen');
    await delay(50);
  }
  const stop = async (): Promise<void> => {
    await program.stop();
    rmSync(folder, { recursive: true });
  };
  return { name: 'nginx', port, proxy: program, stop };
}

/** nginx as a relay for MCP: one process, unbuffered streams, keep-alive connections on both sides, no log. */
const nginxConfig = (folder: string, port: number, upstreamPort: number): string => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')}
  upstream mcp { server 127.0.0.1:${upstreamPort}; keepalive 1024; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      proxy_pass http://mcp;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_buffering off;
      proxy_read_timeout 1h;
    }
  }
}
`;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      // A server that listens on a TCP port has an AddressInfo, not a pipe's name.
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
