import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { startProgram, type Program } from './program.ts';

export type PeerName = 'nginx' | 'haproxy';

export interface Peer {
  name: PeerName;
  port: number;
  proxy: Program;
  stop(): Promise<void>;
}

const MAX_TRIES = 100;
const TRY_MS = 50;

/** Starts another proxy for comparison. Undefined: it is not installed. */
export async function startPeer(name: PeerName, upstreamPort: number): Promise<Peer | undefined> {
  const command = commandOf(name);
  if (command === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  const port = await freePort();
  const { config, args } = PEERS[name](folder, port, upstreamPort);
  const file = join(folder, 'config');
  writeFileSync(file, config);
  const program = await startProgram(command, args(file));
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries === MAX_TRIES) throw new Error(`${name} does not listen`);
    await delay(TRY_MS);
  }
  const stop = async (): Promise<void> => {
    await program.stop();
    rmSync(folder, { recursive: true });
  };
  return { name, port, proxy: program, stop };
}

function commandOf(name: string): string | undefined {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return places.map((place) => join(place, name)).find((path) => existsSync(path));
}

interface Setup {
  config: string;
  args(file: string): string[];
}

const PEERS: Record<PeerName, (folder: string, port: number, upstreamPort: number) => Setup> = {
  nginx: (folder, port, upstreamPort) => ({
    config: nginxConfig(folder, port, upstreamPort),
    args: (file) => ['-p', folder, '-c', file, '-e', 'stderr'],
  }),
  haproxy: (_folder, port, upstreamPort) => ({
    config: haproxyConfig(port, upstreamPort),
    args: (file) => ['-f', file, '-db'],
  }),
};

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

/** One thread, as nginx has one process; connections are kept and used by all clients. */
const haproxyConfig = (port: number, upstreamPort: number): string => `
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  http-reuse safe
frontend clients
  bind 127.0.0.1:${port}
  default_backend mcp
backend mcp
  server upstream 127.0.0.1:${upstreamPort}
`;

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
