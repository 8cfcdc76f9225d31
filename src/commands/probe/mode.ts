import { modernised } from '../../simulator/catalogue.ts';
import type { SimulatedClient } from '../../simulator/client.ts';
import { modernVersion, type Manner } from '../../simulator/profile.ts';
import type { JsonObject } from '../../simulator/json.ts';
import type { Call } from './calls.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { resolve } from './references.ts';

export type ModeName =
  | 'one-session'
  | 'session-per-call'
  | 'no-session-id'
  | 'one-connection'
  | 'connection-per-call'
  | 'modern';

/** A way to make the same list of calls. */
export interface Mode {
  readonly name: ModeName;
  /** As a column's title. */
  readonly title: string;
  readonly manner: Manner;
  /** A client, and so a session and a connection, for all calls or for each. */
  readonly clients: 'one' | 'per-call';
  readonly shakesHands: boolean;
}

/** What a server can do, as far as the choice of modes depends on it. */
export interface Abilities {
  /** The revision it agrees to; undefined: it does not know the handshake. */
  readonly legacy: { readonly version: string; readonly givesSessions: boolean } | undefined;
  readonly modern: boolean;
}

/** The first is what the others are compared with. Empty: there is nothing that could be compared. */
export function modesFor({ legacy, modern }: Abilities, manner: Manner): readonly [Mode, ...Mode[]] | readonly [] {
  const later = modernised(manner);
  if (legacy === undefined) {
    if (!modern) return [];
    return [
      { name: 'one-connection', title: 'one connection', manner: later, clients: 'one', shakesHands: false },
      {
        name: 'connection-per-call',
        title: 'connection per call',
        manner: later,
        clients: 'per-call',
        shakesHands: false,
      },
    ];
  }
  const earlier: Manner = { ...manner, era: 'legacy' };
  // Where there is no handshake, there is nothing to agree on.
  const agreed: Manner = { ...earlier, protocolVersion: legacy.version };
  return [
    { name: 'one-session', title: 'one session', manner: earlier, clients: 'one', shakesHands: true },
    { name: 'session-per-call', title: 'session per call', manner: earlier, clients: 'per-call', shakesHands: true },
    {
      name: 'no-session-id',
      title: legacy.givesSessions ? 'no session id' : 'no handshake',
      manner: agreed,
      clients: 'per-call',
      shakesHands: false,
    },
    ...(modern
      ? [{ name: 'modern', title: modernVersion, manner: later, clients: 'per-call', shakesHands: false } as const]
      : []),
  ];
}

/** Makes clients of one conversation; each has a connection of its own. */
export interface Conversation {
  connect(manner: Manner): SimulatedClient;
  /** Ends the sessions that were opened, and the connections. */
  end(): Promise<void>;
}

/** Makes the calls in one way, once. Gives an outcome for each, in the order of the list. */
export async function run(
  mode: Mode,
  calls: readonly Call[],
  conversation: Conversation,
  onCall: (made: number) => void,
): Promise<readonly Outcome[]> {
  const results = new Map<string, JsonObject>();
  const outcomes: Outcome[] = [];
  let speaker: SimulatedClient | undefined;
  try {
    for (const call of calls) {
      if (speaker === undefined || mode.clients === 'per-call') {
        speaker = conversation.connect(mode.manner);
        if (mode.shakesHands) {
          const reply = await speaker.open('new');
          if (speaker.state() !== 'open') {
            outcomes.push(outcomeOf(reply, true));
            speaker = undefined;
            onCall(outcomes.length);
            continue;
          }
        }
      }
      const ready = resolve(call.params, results);
      const outcome: Outcome =
        'missing' in ready
          ? { kind: 'unsent', said: `\${${ready.missing}} is not in the answer before it` }
          : outcomeOf(await speaker.ask(call.method, ready.params));
      if (outcome.kind === 'result') results.set(call.name, outcome.result);
      outcomes.push(outcome);
      onCall(outcomes.length);
      // A session that was answered with 404 is gone: its client starts another at its next call.
      if (speaker.state() === 'refused') speaker = undefined;
    }
  } finally {
    await conversation.end();
  }
  return outcomes;
}
