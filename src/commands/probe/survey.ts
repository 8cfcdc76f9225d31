import { listTools, modernised, type Tool } from '../../simulator/catalogue.ts';
import { objectOr, textOf } from '../../simulator/json.ts';
import type { Manner } from '../../simulator/profile.ts';
import type { Reply } from '../../simulator/wire.ts';
import { refusalOf, type Obstacle } from '../target/reach.ts';
import type { Abilities } from './mode.ts';
import type { Stage } from '../target/connections.ts';

/** What a server is, before anything is called. */
export interface Ground extends Abilities {
  readonly server: { readonly name: string | undefined; readonly version: string | undefined };
  /** Undefined: it does not list any. */
  readonly tools: readonly Tool[] | undefined;
}

const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';

/** Finds out which eras a server speaks, and which tools it has; or what is in the way; or where it went. */
export async function survey(stage: Stage, manner: Manner): Promise<Ground | Obstacle | { readonly movedTo: string }> {
  const conversation = stage.converse('survey');
  try {
    const legacy = conversation.connect({ ...manner, era: 'legacy' });
    const greeting = await legacy.open('new');
    const movedTo = redirectOf(greeting, stage.url);
    if (movedTo !== undefined) return { movedTo };
    const refusal = refusalOf(greeting, stage.url);
    // Where nobody can be reached, and where something else is asked for first, the other era finds no more.
    if (refusal !== undefined && !isEraMatter(greeting)) return refusal;
    const later = conversation.connect(modernised(manner));
    const discovered = await later.ask('server/discover');
    const modern = refusalOf(discovered, stage.url) === undefined;
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

/** The refusal of a handshake may come from a server that does not know it. */
const isEraMatter = (reply: Reply): boolean =>
  reply.kind === 'answered' && (reply.status < 300 || [400, 404, 405].includes(reply.status));

/** Where a handshake was sent on to: servers redirect `/mcp` to `/mcp/`. Another origin is not followed. */
function redirectOf(reply: Reply, url: string): string | undefined {
  if (reply.kind !== 'answered' || ![307, 308].includes(reply.status)) return undefined;
  const target = URL.parse(reply.headers['location'] ?? '', url);
  return target?.origin === new URL(url).origin && target.href !== url ? target.href : undefined;
}
