import type { ConnectionOptions } from 'node:tls';
import { Agent } from 'undici';
import { createClient, type SimulatedClient } from '../../simulator/client.ts';
import type { Manner } from '../../simulator/profile.ts';
import { createRequestStyle } from '../../simulator/request-style.ts';
import { createRandom } from '../../simulator/random.ts';
import { createWire, type Reply, type Stream, type Wire } from '../../simulator/wire.ts';

/** Authorities to trust, and a client certificate with its key. */
export type TlsOptions = Pick<ConnectionOptions, 'ca' | 'cert' | 'key'>;

export interface ConnectionsOptions {
  readonly url: string;
  /** Sent with every request, in place of the client's own headers of the same names. */
  readonly headers: Readonly<Record<string, string>>;
  /** An exchange that takes longer is aborted. */
  readonly timeoutMs: number;
  /** For a server that is reached over TLS. */
  readonly tls?: TlsOptions;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Makes clients of a server, and their connections. */
export interface Connections {
  readonly url: string;
  readonly signal: AbortSignal;
  /**
   * Begins a conversation of the user; its `name` distinguishes it from others. Each client has a connection of its own,
   * or all share one.
   */
  converse(name: string, connection?: 'shared'): Conversation;
  /** Single requests with any session id, on a connection of their own. */
  rawRequests(manner: Manner, sessionId: string | undefined): RawRequests;
}

/** The clients of one conversation. */
export interface Conversation {
  connect(manner: Manner): SimulatedClient;
  /** Ends the sessions and the connections of its clients. */
  end(): Promise<void>;
}

export interface RawRequests {
  post(method: string): Promise<Reply>;
  stream(): Stream;
  end(): Promise<void>;
}

/** The signal aborts every exchange. */
export function createConnections({ url, headers, timeoutMs, tls, seed, signal }: ConnectionsOptions): Connections {
  const user = createRandom(seed, 'user').hex(24);
  const agents = new Set<Agent>();
  signal.addEventListener('abort', () => agents.forEach((agent) => void agent.destroy()), { once: true });

  const connection = (): { agent: Agent; wire: Wire } => {
    const agent = new Agent({ connections: 1, connect: { ...tls, timeout: Math.min(timeoutMs, 10_000) } });
    agents.add(agent);
    if (signal.aborted) void agent.destroy();
    return { agent, wire: createWire(agent, url, timeoutMs) };
  };
  const leave = async (agent: Agent): Promise<void> => {
    agents.delete(agent);
    await agent.destroy();
  };

  return {
    url,
    signal,
    converse(name, sharing) {
      const open: { client: SimulatedClient; agent: Agent }[] = [];
      const shared = sharing === 'shared' ? connection() : undefined;
      return {
        connect(manner: Manner) {
          const { agent, wire } = shared ?? connection();
          // Every client of a conversation draws the same conversation id from a generator of its own.
          const random = createRandom(seed, 'conversation', name);
          const profile: Manner = { ...manner, opensStream: false };
          const client = createClient({ profile, wire, random, user, headers, signal, onSent: () => undefined });
          open.push({ client, agent });
          return client;
        },
        async end() {
          for (const { client, agent } of open.splice(0)) {
            await client.leave({ deleteSession: !signal.aborted });
            if (shared === undefined) await leave(agent);
          }
          if (shared !== undefined) await leave(shared.agent);
        },
      };
    },
    rawRequests(manner, sessionId) {
      const { agent, wire } = connection();
      const style = createRequestStyle(manner, createRandom(seed, 'oddly'), user, headers);
      const era = manner.era === 'modern' ? 'modern' : 'legacy';
      const headersFor = (method: string) =>
        style.headers({ method, params: {}, era, sessionId, version: manner.protocolVersion });
      return {
        post: (method) => wire.post({ jsonrpc: '2.0', id: 1, method, params: {} }, headersFor(method)),
        stream: () => wire.stream(headersFor('GET')),
        end: () => leave(agent),
      };
    },
  };
}
