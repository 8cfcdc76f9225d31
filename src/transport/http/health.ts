import { createServer } from 'node:http';
import { listenOn } from '../listen.ts';

export interface Health {
  port: number;
  close(): void;
}

/**
 * Serves `/healthz`, which says that the relay's event loop turns, and `/readyz`, which says that the relay listens and
 * is not draining (else 503). The relay thread answers, to any Host, and tells nothing else. Rejects when it can't
 * listen.
 */
export async function startHealth(listen: { host: string; port: number }, ready: () => boolean): Promise<Health> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    const status = path === '/healthz' || (path === '/readyz' && ready()) ? 200 : path === '/readyz' ? 503 : 404;
    const text = status === 200 ? 'ok\n' : status === 503 ? 'draining\n' : 'not found\n';
    response.writeHead(status, {
      'content-type': 'text/plain',
      'content-length': text.length,
      'cache-control': 'no-store',
    });
    response.end(request.method === 'HEAD' ? undefined : text);
  });
  const port = await listenOn(server, listen);
  return {
    port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
