import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Agent } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { createWire, type Reply } from '../../src/simulator/wire.ts';
import { httpServer, listen } from '../support/listen.ts';

const agent = new Agent();
afterAll(() => agent.destroy());

const answer = { jsonrpc: '2.0', id: 7, result: { ok: true } };
const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: { progress: 1 } };
const event = (message: unknown): string => `data: ${JSON.stringify(message)}\n\n`;

/** Posts a request with id 7 to a server that answers in this way. */
async function ask(respond: (response: ServerResponse) => void): Promise<Reply> {
  await using server = await httpServer((request, response) => {
    request.resume();
    respond(response);
  });
  const wire = createWire(agent, `${server.url}/mcp`);
  return await wire.post({ jsonrpc: '2.0', id: 7, method: 'tools/list' }, ['Accept', 'text/event-stream']);
}

const asStream = { 'content-type': 'text/event-stream; charset=utf-8' };

describe('createWire', () => {
  it('finds the answer among other messages on a stream', async () => {
    const reply = await ask((response) => {
      response.writeHead(200, asStream);
      response.end(`: hello\n\n${event(progress)}${event({ ...answer, id: 8 })}${event(answer)}`);
    });
    expect(reply).toMatchObject({ kind: 'answered', status: 200, message: answer });
  });

  it('finds the answer in a batch', async () => {
    const reply = await ask((response) => response.end(JSON.stringify([progress, answer])));
    expect(reply).toMatchObject({ kind: 'answered', message: answer });
  });

  it('keeps an answer when the stream breaks off after it', async () => {
    const reply = await ask((response) => {
      response.writeHead(200, asStream).write(event(answer), () => response.destroy());
    });
    expect(reply).toMatchObject({ kind: 'answered', message: answer });
  });

  it('answers what the server asks on the way, with the headers of the call, if it is told how', async () => {
    const question = { jsonrpc: '2.0', id: 'q-1', method: 'elicitation/create', params: {} };
    const posted: { session: unknown; body: unknown }[] = [];
    let finish = (): void => undefined;
    await using server = await httpServer((request, response) => {
      void text(request).then((body) => {
        posted.push({ session: request.headers['mcp-session-id'], body: JSON.parse(body) });
        if (posted.length > 1) {
          response.writeHead(202).end();
          return finish();
        }
        finish = () => void response.end(event(answer));
        response.writeHead(200, asStream).write(event(question));
      });
    });
    const wire = createWire(agent, `${server.url}/mcp`, undefined, ({ method }) => ({ result: { method }, ms: 1 }));
    const reply = await wire.post({ jsonrpc: '2.0', id: 7, method: 'tools/call' }, ['Mcp-Session-Id', 'mine']);
    expect(reply).toMatchObject({ kind: 'answered', message: answer });
    expect(posted[1]).toEqual({
      session: 'mine',
      body: { jsonrpc: '2.0', id: 'q-1', result: { method: 'elicitation/create' } },
    });
  });

  it('has no answer when the stream breaks off before it', async () => {
    const reply = await ask((response) => {
      response.writeHead(200, asStream).write(event(progress), () => response.destroy());
    });
    expect(reply.kind).toBe('unreachable');
  });

  it('takes an error without id for the answer, and nothing that is not JSON', async () => {
    const error = { jsonrpc: '2.0', id: null, error: { code: -32001, message: 'Session not found' } };
    const refused = await ask((response) => response.writeHead(404).end(JSON.stringify(error)));
    expect(refused).toMatchObject({ status: 404, message: error });
    const broken = await ask((response) => response.writeHead(502).end('Bad Gateway'));
    expect(broken).toMatchObject({ kind: 'answered', status: 502, message: undefined });
  });

  it('sends path, query and headers as they are', async () => {
    let seen: unknown;
    await using server = await httpServer((request, response) => {
      seen = [request.url, request.rawHeaders.slice(-4)];
      response.end();
    });
    await createWire(agent, `${server.url}/a/mcp?key=1`).delete(['X-One', '1', 'x-two', '2']);
    expect(seen).toEqual(['/a/mcp?key=1', ['X-One', '1', 'x-two', '2']]);
  });

  it('holds a stream open until it is closed', async () => {
    const server = createServer();
    await using listening = await listen(server);
    const left = new Promise<void>((resolve) => {
      server.on('request', (_request, response) => {
        response.writeHead(200, asStream).write(': open\n\n');
        response.once('close', resolve);
        void stream.close();
      });
    });
    const stream = createWire(agent, listening.url).stream(['Accept', 'text/event-stream']);
    await left;
  });
});
