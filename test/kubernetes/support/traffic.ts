import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TrafficReport {
  readonly answered: number;
  /** How many of them were tool calls. */
  readonly calls: number;
  /** Why the others were not answered as they should be, each with what it was. */
  readonly lost: readonly string[];
  /** The pods of the server that answered, in the order of their first answer. */
  readonly pods: readonly string[];
}

export interface Traffic {
  /** So far. */
  now(): TrafficReport;
  /** Resolves when that many more requests were answered. */
  more(count: number): Promise<void>;
  /** No new request; resolves when those on their way have ended. */
  stop(): Promise<TrafficReport>;
}

export interface TrafficOptions {
  readonly url: string;
  /** Clients at a time: the even ones keep their connection for a session, the odd ones open one for each request. */
  readonly clients: number;
  /** How long a call takes at the server. */
  readonly callMs: number;
  /** Calls in a session. */
  readonly calls?: number;
}

const PAUSE_MS = 50;
const ANSWER_WITHIN_MS = 20_000;
/** Ends by itself, whatever becomes of the test. */
const MAX_SECONDS = 300;

interface Answer {
  readonly status: number;
  readonly session: string | undefined;
  readonly body: string;
}

/** One JSON-RPC message. @throws when the connection breaks, or there is no answer in time */
export const post = (url: string, agent: http.Agent | false, call: object, session?: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    };
    const request = http.request(url, { method: 'POST', agent, headers, timeout: ANSWER_WITHIN_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (piece: string) => (body += piece));
      response.once('error', reject).once('end', () => {
        const id = response.headers['mcp-session-id'];
        resolve({ status: response.statusCode ?? 0, session: typeof id === 'string' ? id : undefined, body });
      });
    });
    request.once('timeout', () => request.destroy(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)));
    request.once('error', reject);
    request.end(JSON.stringify({ jsonrpc: '2.0', ...call }));
  });

/** Clients that shake hands, call a tool some times, and begin again. */
export function startTraffic({ url, clients, callMs, calls = 8 }: TrafficOptions): Traffic {
  const started = performance.now();
  const lost: string[] = [];
  const pods = new Set<string>();
  let answered = 0;
  let called = 0;
  let stopped = false;
  let waiting: { readonly until: number; readonly resolve: () => void }[] = [];

  const tell = (): void => {
    answered += 1;
    waiting = waiting.filter(({ until, resolve }) => {
      if (answered >= until) resolve();
      return answered < until;
    });
  };

  async function ask(
    kind: string,
    agent: http.Agent | false,
    call: object,
    session?: string,
  ): Promise<Answer | undefined> {
    const since = Math.round(performance.now() - started);
    try {
      const answer = await post(url, agent, call, session);
      const good = answer.status === 202 || (answer.status === 200 && answer.body.includes('"result"'));
      if (!good) throw new Error(`${answer.status} ${answer.body.slice(0, 200)}`);
      tell();
      return answer;
    } catch (error) {
      const { method }: { method?: string } = call;
      lost.push(`${since} ms, ${kind}, ${method}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  async function session(number: number): Promise<void> {
    const keeps = number % 2 === 0;
    const kind = keeps ? 'kept connection' : 'new connection';
    const agent = keeps ? new http.Agent({ keepAlive: true, maxSockets: 1 }) : false;
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'traffic', version: '1' } };
    const opened = await ask(kind, agent, { id: 0, method: 'initialize', params });
    if (opened !== undefined) {
      await ask(kind, agent, { method: 'notifications/initialized' }, opened.session);
      for (let id = 1; id <= calls && !stopped; id++) {
        await sleep(PAUSE_MS);
        const call = { id, method: 'tools/call', params: { name: 'wait', arguments: { ms: callMs } } };
        const pod = /"text":"([^"]+)"/.exec((await ask(kind, agent, call, opened.session))?.body ?? '')?.[1];
        if (pod === undefined) continue;
        called += 1;
        pods.add(pod);
      }
    }
    if (agent !== false) agent.destroy();
  }

  async function client(number: number): Promise<void> {
    while (!stopped && performance.now() - started < MAX_SECONDS * 1_000) {
      await session(number);
      await sleep(PAUSE_MS);
    }
  }

  const ended = Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  const now = (): TrafficReport => ({ answered, calls: called, lost: [...lost], pods: [...pods] });
  return {
    now,
    more: (count) => new Promise((resolve) => waiting.push({ until: answered + count, resolve })),
    async stop() {
      stopped = true;
      await ended;
      return now();
    },
  };
}
