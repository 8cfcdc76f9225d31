import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { onFreePorts } from './ports.ts';
import { answers, start, type Running } from './process.ts';
import { inScratch } from './scratch.ts';

export interface Balanced {
  /** Where requests go. */
  readonly port: number;
  /** Where readiness is asked for. */
  readonly healthPort: number;
}

export interface Balancer extends Running {
  readonly url: string;
}

/** `session`: requests with an `Mcp-Session-Id` go where that session was opened. */
export type Stickiness = 'none' | 'session';

/** HAProxy's binary; undefined: it is not installed. */
export const HAPROXY = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  .map((place) => join(place, 'haproxy'))
  .find((path) => existsSync(path));

/** HAProxy before replicas: each request goes to the next of them, whatever connection it comes on. */
export const startBalancer = (replicas: readonly Balanced[], stickiness: Stickiness): Promise<Balancer> =>
  inScratch('haproxy', (disk) =>
    onFreePorts(1, async (port = 0) => {
      const file = join(disk.folder, 'haproxy.cfg');
      await writeFile(file, configOf(port, replicas, stickiness));
      const running = await start({
        name: 'haproxy',
        file: HAPROXY ?? 'haproxy',
        args: ['-f', file, '-db'],
        ready: () => answers(`http://127.0.0.1:${port}${MONITOR}`),
      });
      return { ...running, url: `http://127.0.0.1:${port}/mcp` };
    }),
  );

/** Answers 200 while all replicas are ready. */
const MONITOR = '/all-ready';

/** As docs/scale-out.md has it. */
const configOf = (port: number, replicas: readonly Balanced[], stickiness: Stickiness): string => `
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout check 5s
  option redispatch
  retry-on conn-failure

frontend mcp
  bind 127.0.0.1:${port}
  monitor-uri ${MONITOR}
  monitor fail if { nbsrv(mcpspan) lt ${replicas.length} }
  default_backend mcpspan

backend mcpspan
  balance roundrobin
  option httpchk GET /readyz
  default-server check inter 1s fall 3 rise 1
${stickiness === 'none' ? '' : STICKY}
${replicas.map((replica, index) => `  server r${index} 127.0.0.1:${replica.port} port ${replica.healthPort}`).join('\n')}
`;

const STICKY = `  stick-table type string len 128 size 100k expire 1h
  stick on req.hdr(Mcp-Session-Id)
  stick store-response res.hdr(Mcp-Session-Id)`;
