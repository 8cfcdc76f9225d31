import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf } from '../transport/error-text.ts';
import { listenOn } from '../transport/listen.ts';
import { TIMERS } from '../transport/timers.ts';
import { readAssets } from './assets.ts';
import type { Asker } from './asker.ts';
import { createPageAccess } from './page-access.ts';
import { parseQuestion } from './question.ts';
import { createStreams } from './stream.ts';

export interface PageOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  token: string | undefined;
  asker: Asker;
}

export interface Page {
  port: number;
  close(): void;
}

/** The page loads only what is served here, and never makes markup of text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');
const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Serves the page. Rejects where it cannot listen on the address. */
export async function startPage({ host, port, token, asker }: PageOptions): Promise<Page> {
  const assetAt = readAssets();
  const streams = createStreams(asker, TIMERS);
  const server = createServer();
  const listening = await listenOn(server, { host, port });
  const accessOf = createPageAccess({ host, port: listening, token });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = URL.parse(request.url ?? '/', 'http://page');
    if (url === null) return send(response, 400, 'This is not an address.');
    const access = accessOf(request, url);
    if (access.kind === 'refused') return refuse(response, access);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return send(response, 405, 'This page is read-only.');
    }
    if (url.pathname === '/api/stream') {
      if (request.method === 'HEAD') send(response, 200, '', { 'content-type': 'text/event-stream' });
      else if (!streams.open(response, cursorIn(request, url))) send(response, 503, 'Too many pages are open already.');
      return undefined;
    }
    const question = parseQuestion(url);
    if (question !== undefined) {
      const { ok, json } = await asker.ask(question);
      return send(response, ok ? 200 : 503, json, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    }
    const asset = assetAt(url.pathname);
    if (asset === undefined) return send(response, 404, 'Nothing is here: the page is at /');
    const headers = {
      'content-type': asset.type,
      etag: asset.etag,
      'cache-control': 'no-cache',
      ...('cookie' in access && { 'set-cookie': access.cookie }),
    };
    if (request.headers['if-none-match'] === asset.etag) return send(response, 304, '', headers);
    return send(response, 200, asset.body, headers);
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response, 500, `The page failed: ${messageOf(error)}`);
    });
  });
  return {
    port: listening,
    close() {
      streams.close();
      asker.close();
      server.close();
      server.closeAllConnections();
    },
  };
}

function cursorIn(request: IncomingMessage, url: URL): number | undefined {
  const text = request.headers['last-event-id'] ?? url.searchParams.get('cursor');
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function send(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = { 'content-type': 'text/plain; charset=utf-8' },
): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}

/** Refuses a request; people get a field for the token. */
function refuse(response: ServerResponse, { status, why }: { status: 401 | 403; why: string }): void {
  if (status === 403) return send(response, status, why);
  const form = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>mcpspan</title>
<main><h1>mcpspan</h1><p>${why}</p><form><label>Token <input name="token" type="password" autocomplete="off" required autofocus></label> <button>Open</button></form></main></html>`;
  response.setHeader('www-authenticate', 'Bearer realm="mcpspan page"');
  return send(response, status, form, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
}
