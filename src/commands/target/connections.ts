import { Agent } from 'undici';
import { createClient, type SimulatedClient } from '../../simulator/client.ts';
import type { Manner } from '../../simulator/profile.ts';
import { createRequestStyle } from '../../simulator/request-style.ts';
import { createRandom } from '../../simulator/random.ts';
import { createWire, type Reply, type Stream, type Wire } from '../../simulator/wire.ts';
import type { Conversation } from '../probe/mode.ts';

export interface StageOptions {
  readonly url: string;
  /** Sent with every request; each replaces one of the client's with the same name. */
  readonly headers: Readonly<Record<string, string>>;
  /** An exchange that takes longer is given up, in milliseconds. */
  readonly longestMs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Where clients meet the server. */
export interface Stage {
  readonly url: string;
  readonly signal: AbortSignal;
  /**
   * Clients of one conversation of one user, which is told apart from others by `name`; each on a connection of its
   * own, or all on one.
   */
  converse(name: string, connections?: 'shared'): Conversation;
  /** Single requests with a session id that is chosen, on a connection of their own. */
  oddly(manner: Manner, sessionId: string | undefined): Oddly;
}

export interface Oddly {
  post(method: string): Promise<Reply>;
  stream(): Stream;
  end(): Promise<void>;
}

/** A stop ends every exchange that is under way. */
export function createStage({ url, headers, longestMs, seed, signal }: StageOptions): Stage {
  const user = createRandom(seed, 'user').hex(24);
  const agents = new Set<Agent>();
  signal.addEventListener('abort', () => agents.forEach((agent) => void agent.destroy()), { once: true });

  const connection = (): { agent: Agent; wire: Wire } => {
    const agent = new Agent({ connections: 1, connect: { timeout: Math.min(longestMs, 10_000) } });
    agents.add(agent);
    if (signal.aborted) void agent.destroy();
    return { agent, wire: createWire(agent, url, longestMs) };
  };
  const leave = async (agent: Agent): Promise<void> => {
    agents.delete(agent);
    await agent.destroy();
  };

  return {
    url,
    signal,
    converse(name, connections) {
      const open: { client: SimulatedClient; agent: Agent }[] = [];
      const shared = connections === 'shared' ? connection() : undefined;
      return {
        connect(manner: Manner) {
          const { agent, wire } = shared ?? connection();
          // Each draws the same conversation id from its own generator.
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
    oddly(manner, sessionId) {
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
