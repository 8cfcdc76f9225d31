import { modernised } from '../../simulator/catalogue.ts';
import type { SimulatedClient } from '../../simulator/client.ts';
import { modernVersion, type Manner } from '../../simulator/profile.ts';
import type { JsonObject } from '../../simulator/json.ts';
import type { Conversation } from '../target/connections.ts';
import type { Call } from './calls.ts';
import { outcomeOf, type CallOutcome } from './call-outcome.ts';
import { resolve } from './references.ts';

export type ModeName =
  | 'one-session'
  | 'session-per-call'
  | 'no-session-id'
  | 'one-connection'
  | 'connection-per-call'
  | 'modern';

/** One way to make the calls. */
export interface Mode {
  readonly name: ModeName;
  /** As a column's title. */
  readonly title: string;
  readonly manner: Manner;
  /** One client, and so one session and one connection, for all calls, or one for each. */
  readonly clients: 'one' | 'per-call';
  readonly opensSession: boolean;
}

/** What the choice of modes depends on. */
export interface Abilities {
  /** The revision that the server agrees to; undefined: it does not know the handshake. */
  readonly legacy: { readonly version: string; readonly givesSessions: boolean } | undefined;
  readonly modern: boolean;
}

/** The modes; the others are compared with the first. Empty: there is nothing to compare. */
export function modesFor({ legacy, modern }: Abilities, manner: Manner): readonly [Mode, ...Mode[]] | readonly [] {
  const later = modernised(manner);
  if (legacy === undefined) {
    if (!modern) return [];
    return [
      { name: 'one-connection', title: 'one connection', manner: later, clients: 'one', opensSession: false },
      {
        name: 'connection-per-call',
        title: 'connection per call',
        manner: later,
        clients: 'per-call',
        opensSession: false,
      },
    ];
  }
  const earlier: Manner = { ...manner, era: 'legacy' };
  // Without a handshake, the client must know the revision beforehand.
  const agreed: Manner = { ...earlier, protocolVersion: legacy.version };
  return [
    { name: 'one-session', title: 'one session', manner: earlier, clients: 'one', opensSession: true },
    { name: 'session-per-call', title: 'session per call', manner: earlier, clients: 'per-call', opensSession: true },
    {
      name: 'no-session-id',
      title: legacy.givesSessions ? 'no session id' : 'no handshake',
      manner: agreed,
      clients: 'per-call',
      opensSession: false,
    },
    ...(modern
      ? [{ name: 'modern', title: modernVersion, manner: later, clients: 'per-call', opensSession: false } as const]
      : []),
  ];
}

/** Makes the calls once in a mode. Resolves with an outcome for each, in the order of the list. */
export async function run(
  mode: Mode,
  calls: readonly Call[],
  conversation: Conversation,
  onCall: (made: number) => void,
): Promise<readonly CallOutcome[]> {
  const results = new Map<string, JsonObject>();
  const outcomes: CallOutcome[] = [];
  let client: SimulatedClient | undefined;
  try {
    for (const call of calls) {
      if (client === undefined || mode.clients === 'per-call') {
        client = conversation.connect(mode.manner);
        if (mode.opensSession) {
          const reply = await client.open('new');
          if (client.state() !== 'open') {
            outcomes.push(outcomeOf(reply, true));
            client = undefined;
            onCall(outcomes.length);
            continue;
          }
        }
      }
      const ready = resolve(call.params, results);
      const outcome: CallOutcome =
        'missing' in ready
          ? { kind: 'unsent', said: `\${${ready.missing}} is missing in the earlier answer` }
          : outcomeOf(await client.ask(call.method, ready.params));
      if (outcome.kind === 'result') results.set(call.name, outcome.result);
      outcomes.push(outcome);
      onCall(outcomes.length);
      // The server no longer knows the session (404): the next call opens another.
      if (client.state() === 'refused') client = undefined;
    }
  } finally {
    await conversation.end();
  }
  return outcomes;
}
