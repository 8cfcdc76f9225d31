import http from 'node:http';
import { randomUUID } from 'node:crypto';
import { json } from 'node:stream/consumers';
import { httpServer, type Listening } from '../../support/listen.ts';

interface Message {
  id?: number;
  method?: string;
}

/** A server that answers everything, and keeps nothing. */
export const startAnswering = (): Promise<Listening> =>
  httpServer((request, response) => {
    if (request.method === 'DELETE') return void response.writeHead(200).end();
    void json(request).then((body) => {
      // What `play` sends.
      const { id, method } = body as Message;
      if (id === undefined) return response.writeHead(202).end();
      const opened = method === 'initialize' ? { 'mcp-session-id': randomUUID() } : {};
      response.writeHead(200, { 'content-type': 'application/json', ...opened });
      return response.end(
        JSON.stringify({ jsonrpc: '2.0', id, result: method === 'initialize' ? INITIALIZED : RESULT }),
      );
    });
  });

const INITIALIZED = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'a', version: '1' },
};
const RESULT = { content: [{ type: 'text', text: 'fine' }] };
const AT_A_TIME = 8;

/** Plays sessions, some at a time, each with so many calls; resolves with how many were answered as they should. */
export async function playSessions(url: string, sessions: number, calls: number): Promise<number> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_A_TIME });
  const send = (body: object | undefined, session?: string): Promise<http.IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(session !== undefined && { 'mcp-session-id': session }),
      };
      const request = http.request(url, { method: body === undefined ? 'DELETE' : 'POST', agent, headers });
      request.on('error', reject).on('response', (response) => {
        response.resume().on('end', () => resolve(response));
        response.on('error', reject);
      });
      request.end(body && JSON.stringify({ jsonrpc: '2.0', ...body }));
    });
  const one = async (): Promise<boolean> => {
    const clientInfo = { name: 'load', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const opened = await send({ id: 0, method: 'initialize', params });
    const session = String(opened.headers['mcp-session-id']);
    await send({ method: 'notifications/initialized' }, session);
    for (let id = 1; id <= calls; id++)
      await send({ id, method: 'tools/call', params: { name: 'echo', arguments: {} } }, session);
    return (await send(undefined, session)).statusCode === 200;
  };
  let [started, answered] = [0, 0];
  const inTurn = async (): Promise<void> => {
    while (started < sessions) {
      started++;
      // A process that was killed answers nobody.
      if (await one().catch(() => false)) answered++;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, inTurn));
  agent.destroy();
  return answered;
}
