import http from 'node:http';
import { toolOf } from './fleet-server.ts';

export interface Fleet {
  /** Where clients of each server connect. */
  urls: readonly string[];
  /** Of each server. */
  tools: number;
  /** In all; they go round the servers and the clients. */
  sessions: number;
  callsInSession: number;
  /** Awaited after every `PAUSE_AFTER` sessions. */
  pause(): Promise<void>;
}

export interface Played {
  toolCalls: number;
  /** Sessions that were not deleted at their end. */
  leftOpen: number;
  /** Requests that were not answered with 200 or 202. */
  failed: number;
}

export const CLIENTS = ['claude-ai', 'openai-mcp', 'cursor-vscode', 'Visual Studio Code', 'codex', 'n8n'] as const;
const AT_A_TIME = 16;
/** Their copies take about 5 MB: less than there is room for on the way to the observer. */
const PAUSE_AFTER = 250;

/** Plays sessions, some at a time. Every second one is deleted at its end. */
export async function playFleet({ urls, tools, sessions, callsInSession, pause }: Fleet): Promise<Played> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_A_TIME });
  const played: Played = { toolCalls: 0, leftOpen: 0, failed: 0 };
  const send = async (url: string, body: object | undefined, session?: string): Promise<http.IncomingMessage> => {
    const answer = await sendWith(agent, url, body, session);
    if (answer.statusCode !== 200 && answer.statusCode !== 202) played.failed++;
    return answer;
  };
  const one = async (index: number): Promise<void> => {
    const server = index % urls.length;
    const url = urls[server] ?? '';
    const round = Math.floor(index / urls.length);
    const clientInfo = { name: CLIENTS[round % CLIENTS.length], version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const opened = await send(url, { id: 0, method: 'initialize', params });
    const session = String(opened.headers['mcp-session-id']);
    await send(url, { method: 'notifications/initialized' }, session);
    await send(url, { id: 1, method: 'tools/list' }, session);
    for (let call = 0; call < callsInSession; call++) {
      // Each client meets all tools of each server, in the course of its sessions there.
      const tool = (Math.floor(round / CLIENTS.length) * callsInSession + call) % tools;
      const calling = { name: toolOf(server, tool), arguments: { text: 'a' } };
      await send(url, { id: 2 + call, method: 'tools/call', params: calling }, session);
      played.toolCalls++;
    }
    if (round % 2 === 0) await send(url, undefined, session);
    else played.leftOpen++;
  };
  let started = 0;
  while (started < sessions) {
    const until = Math.min(sessions, started + PAUSE_AFTER);
    const inTurn = async (): Promise<void> => {
      while (started < until) await one(started++);
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, inTurn));
    await pause();
  }
  agent.destroy();
  return played;
}

const sendWith = (
  agent: http.Agent,
  url: string,
  body: object | undefined,
  session: string | undefined,
): Promise<http.IncomingMessage> =>
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
