import { listTools, modernised, type Tool } from '../../simulator/catalogue.ts';
import { objectOr, textOf } from '../../simulator/json.ts';
import type { Manner } from '../../simulator/profile.ts';
import type { Reply } from '../../simulator/wire.ts';
import { refusalOf, type Obstacle } from '../target/reach.ts';
import type { Abilities } from './mode.ts';
import type { Connections } from '../target/connections.ts';

/** What is known of a server before any call. */
export interface Survey extends Abilities {
  readonly server: { readonly name: string | undefined; readonly version: string | undefined };
  /** Undefined: the server lists none. */
  readonly tools: readonly Tool[] | undefined;
}

const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';

/** Finds out which eras a server speaks and which tools it has. Else: what is in the way, or where the server moved. */
export async function surveyServer(
  connections: Connections,
  manner: Manner,
): Promise<Survey | Obstacle | { readonly movedTo: string }> {
  const conversation = connections.converse('survey');
  try {
    const legacy = conversation.connect({ ...manner, era: 'legacy' });
    const greeting = await legacy.open('new');
    const movedTo = redirectOf(greeting, connections.url);
    if (movedTo !== undefined) return { movedTo };
    const refusal = refusalOf(greeting, connections.url);
    // A server that cannot be reached, or asks for a credential first, answers the other era no better.
    if (refusal !== undefined && !mayBeOtherEra(greeting)) return refusal;
    const later = conversation.connect(modernised(manner));
    const discovered = await later.ask('server/discover');
    const modern = refusalOf(discovered, connections.url) === undefined;
    if (refusal !== undefined && !modern) return refusal;

    const hello = resultOf(refusal === undefined ? greeting : discovered);
    const info = objectOr(hello['serverInfo'] ?? objectOr(hello['_meta'])[SERVER_INFO]);
    return {
      legacy:
        refusal === undefined
          ? {
              version: textOf(hello['protocolVersion']) ?? manner.protocolVersion,
              givesSessions: legacy.sessionId() !== undefined,
            }
          : undefined,
      modern,
      server: { name: textOf(info['name']), version: textOf(info['version']) },
      tools: await listTools(refusal === undefined ? legacy : later),
    };
  } finally {
    await conversation.end();
  }
}

const resultOf = (reply: Reply) => objectOr(reply.kind === 'answered' ? reply.message?.['result'] : undefined);

/** A server that does not know the handshake may refuse it in this way. */
const mayBeOtherEra = (reply: Reply): boolean =>
  reply.kind === 'answered' && (reply.status < 300 || [400, 404, 405].includes(reply.status));

/** Where a handshake was redirected: servers redirect `/mcp` to `/mcp/`. Another origin is not followed. */
function redirectOf(reply: Reply, url: string): string | undefined {
  if (reply.kind !== 'answered' || ![307, 308].includes(reply.status)) return undefined;
  const target = URL.parse(reply.headers['location'] ?? '', url);
  return target?.origin === new URL(url).origin && target.href !== url ? target.href : undefined;
}
