import http from 'node:http';
import { text } from 'node:stream/consumers';
import type { Profile } from '../../src/simulator/profile.ts';
import { roster } from '../../src/simulator/profiles.ts';
import { listen, type Listening } from '../support/listen.ts';

export interface Recorded {
  readonly httpMethod: string;
  readonly headers: http.IncomingHttpHeaders;
  /** The JSON-RPC message; undefined for GET and DELETE. */
  readonly body: Body | undefined;
  readonly answered: { status: number; contentType: string | undefined };
}

export interface Body {
  readonly id?: number;
  readonly method: string;
  readonly params: {
    readonly name?: string;
    readonly arguments?: Record<string, unknown>;
    readonly _meta?: Record<string, unknown>;
    readonly clientInfo?: Record<string, unknown>;
  };
}

export interface Recorder extends Listening {
  readonly seen: Recorded[];
  /** Connections of clients that are still open. */
  connections(): Promise<number>;
}

/** Stands between clients and a server and writes down what passes. */
export async function startRecorder(upstream: string): Promise<Recorder> {
  const seen: Recorded[] = [];
  const server = http.createServer((request, response) => {
    const { method: httpMethod = '', headers } = request;
    const answered: Recorded['answered'] = { status: 0, contentType: undefined };
    const onward = http.request(new URL(upstream), { method: httpMethod, headers }, (answer) => {
      answered.status = answer.statusCode ?? 0;
      answered.contentType = answer.headers['content-type'];
      response.writeHead(answered.status, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    const record = async (): Promise<void> => {
      const sent = await text(request);
      // What the player posts is JSON-RPC of its own making, of this shape.
      seen.push({ httpMethod, headers, body: sent === '' ? undefined : (JSON.parse(sent) as Body), answered });
      onward.end(sent);
    };
    record().catch(() => response.destroy());
  });
  const listening = await listen(server);
  return {
    ...listening,
    url: `${listening.url}/mcp`,
    seen,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
      }),
  };
}

export function profileNamed(name: string): Profile {
  const found = roster.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no profile ${name}`);
  return found;
}

/** The two ChatGPTs say the same of themselves; only one of them sends a header for the conversation. */
export function sentBy(recorder: Recorder, name: string): Recorded[] {
  const wanted = profileNamed(name).headers;
  const matches = ({ headers }: Recorded): boolean =>
    headers['user-agent'] === wanted['User-Agent'] &&
    (headers['x-openai-session'] !== undefined) === 'X-OpenAI-Session' in wanted;
  return recorder.seen.filter(matches);
}

export const posted = (all: readonly Recorded[], method: string): Recorded[] =>
  all.filter(({ body }) => body?.method === method);
