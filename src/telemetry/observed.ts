import type { Attributes } from '@opentelemetry/api';
import type { StreamKind } from '../session/event.ts';
import type { PeopleCount, PeopleSubject } from '../session/people.ts';
import type { Session } from '../session/session.ts';
import type { DefinitionSizes } from './definition-sizes.ts';
import { MAX_LABEL_SETS } from './label-sets.ts';
import type { Observations, Observe } from './observations.ts';
import { ATTR, type MetricName } from './semconv.ts';

export interface ObservedOptions {
  observations: Observations;
  server: string;
  /** Further labels of each metric. */
  labels?: Attributes | undefined;
  sessions(): Iterable<Session>;
  verdicts(): Iterable<{ clientLabel: string; verdict: string; present: boolean }>;
  /** Who used what today. @param at milliseconds since the epoch */
  people(at: number): Iterable<PeopleCount>;
  now(): number;
}

/** The standing streams of one kind that a client has open. */
export interface OpenStreams {
  stream: StreamKind;
  clientLabel: string;
  open: number;
}

const ACTIVE_MS = 60_000;

const USERS = [
  ['server', 'serverUsers'],
  ['client', 'clientUsers'],
  ['tool', 'toolUsers'],
] as const satisfies readonly (readonly [PeopleSubject, MetricName])[];

/**
 * Hands the SDK's readers what is only looked at when they ask: what is open, offered and used now. Returns a function that
 * ends that: several servers share a meter, and come and go.
 */
export function observeServer(
  { observations, server, labels, sessions, verdicts, people, now }: ObservedOptions,
  { definitions, streams }: { definitions: DefinitionSizes; streams: ReadonlyMap<string, OpenStreams> },
): () => void {
  const ofServer: Attributes = { [ATTR.server]: server, ...labels };
  const ofClient = (clientLabel: string): Attributes => ({ [ATTR.client]: clientLabel, ...ofServer });
  const openSessions = new OpenSessions(ofClient);
  const stops: (() => void)[] = [];
  const report = (name: MetricName, tell: (observe: Observe) => void): void =>
    void stops.push(observations.add(name, tell));
  report('sessionsOpen', (observe) => openSessions.report(observe, sessions(), now()));
  report('clientVerdict', (observe) => {
    for (const { clientLabel, verdict, present } of verdicts())
      observe(present ? 1 : 0, { ...ofClient(clientLabel), [ATTR.verdict]: verdict });
  });
  report('toolsDefinition', (observe) => {
    for (const [tool, bytes] of definitions.all()) observe(bytes, { ...ofServer, [ATTR.toolName]: tool });
  });
  for (const [subject, name] of USERS)
    report(name, (observe) => reportUsers(observe, ofServer, subject, people(now())));
  report('streamsOpen', (observe) => {
    for (const { stream, clientLabel, open } of streams.values())
      observe(open, { ...ofClient(clientLabel), [ATTR.streamKind]: stream });
  });
  return () => {
    for (const stop of stops) stop();
  };
}

function reportUsers(
  observe: Observe,
  ofServer: Attributes,
  asked: PeopleSubject,
  people: Iterable<PeopleCount>,
): void {
  for (const { subject, name, who, number } of people) {
    if (subject !== asked) continue;
    const labels: Attributes = { ...ofServer, [ATTR.userKind]: who };
    if (subject === 'client') labels[ATTR.client] = name;
    if (subject === 'tool') labels[ATTR.toolName] = name;
    observe(number, labels);
  }
}

class OpenSessions {
  readonly #ofClient: (clientLabel: string) => Attributes;
  /** Label sets that once had open sessions. They are reported as 0, so that the series returns to zero instead of ending. */
  readonly #before = new Map<string, Attributes>();

  constructor(ofClient: (clientLabel: string) => Attributes) {
    this.#ofClient = ofClient;
  }

  report(observe: Observe, sessions: Iterable<Session>, at: number): void {
    const counts = new Map<string, number>();
    for (const session of sessions) {
      if (session.throwAway) continue;
      const state = at - session.lastAt < ACTIVE_MS ? 'active' : 'quiet';
      const key = `${session.clientLabel}\0${session.source}\0${state}`;
      if (!this.#before.has(key) && this.#before.size < MAX_LABEL_SETS)
        this.#before.set(key, {
          ...this.#ofClient(session.clientLabel),
          [ATTR.sessionSource]: session.source,
          [ATTR.state]: state,
        });
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    for (const [key, labels] of this.#before) observe(counts.get(key) ?? 0, labels);
  }
}
