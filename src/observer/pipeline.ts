import { randomBytes } from 'node:crypto';
import { ExchangeReader } from '../observe/exchanges.ts';
import { createConversationFinder } from '../session/conversation.ts';
import type { EventSink, SessionEvent } from '../session/event.ts';
import { People } from '../session/people.ts';
import { Tracker } from '../session/tracker.ts';
import type { ServerSettings } from '../settings/server-config.ts';
import type { Store } from '../store/store.ts';
import { Slots } from '../transport/wire/slots.ts';

export interface PipelineOptions {
  settings: ServerSettings;
  /** What the server is called. */
  server: string;
  instance: string;
  listensOnLoopback: boolean;
  /** The first sink. The tracker starts with what the store remembers of clients and tools. */
  store?: Store | undefined;
  /** The path of the server, where there is one. */
  mcpPath?: string | undefined;
  /** Emit `tools-listed` also without a store, which always gets it: metrics need it. */
  surface?: boolean | undefined;
  exportsSpans?: boolean;
  /** Spans of others tell of its operations: they say nothing of sizes, of HTTP and of the relay. */
  isCollected?: boolean;
  /** How far the wall clock is ahead of ours, in milliseconds. */
  skew?(): number;
  /** Called when a label became `_OTHER`. */
  onFolded(): void;
  /** Called when a trace was withheld. */
  onWithheld(): void;
}

/** Turns wire events into session events: the observing half, without the source of its input and without most sinks. */
export interface Pipeline {
  readonly tracker: Tracker;
  readonly people: People;
  /** Makes a reader for the wire events of one relay thread. */
  reader(): ExchangeReader;
  /** Adds a sink, which gets each event after the earlier sinks. */
  add(sink: EventSink): void;
}

const KEY_BYTES = 32;

export function createPipeline({ settings, server, instance, store, ...options }: PipelineOptions): Pipeline {
  const sinks: EventSink[] = [];
  const { capture } = settings;
  const kept = store?.remembered.people;
  const people = new People({
    ...(kept ?? { key: randomBytes(KEY_BYTES), kept: [] }),
    onFolded: options.onFolded,
  });
  const tracker = new Tracker({
    server,
    instance,
    traceParent: settings['trace-parent'],
    segmentOperations: settings['segment-operations'],
    segmentSeconds: settings['segment-seconds'],
    group: settings.group,
    listensOnLoopback: options.listensOnLoopback,
    idleSeconds: settings['idle-seconds'],
    maxSessions: settings['max-sessions'],
    maxClients: settings['max-clients'],
    maxTools: settings['max-tools'],
    tools: [...settings.tools, ...(store?.remembered.tools ?? [])],
    emit: (event) => {
      if (options.isCollected === true && !isKnownFromSpans(event)) return;
      if (event.kind === 'operation-ended') people.ended(event.operation);
      for (const sink of sinks) sink(event);
    },
    ...(options.skew !== undefined && { skew: options.skew }),
    onFolded: options.onFolded,
    onWithheld: options.onWithheld,
    legs: settings.spans === 'server+client',
    serverSpans: options.exportsSpans === true && settings['server-spans'] === 'on',
    surface: store !== undefined || options.surface === true,
    mcpPath: options.mcpPath,
    findConversation: createConversationFinder(settings['conversation-key']),
    capture: { arguments: capture.includes('arguments'), results: capture.includes('results') },
  });
  if (store !== undefined) {
    tracker.registry.clients.remember(store.remembered.clients);
    tracker.tools?.remember(store.remembered.offered);
    store.ask({
      clients: () => tracker.registry.clients.states(),
      toolLists: () => tracker.tools?.lists() ?? [],
      // Sketches with another key than that of the file do not merge with those in it.
      people: kept === undefined ? undefined : people,
    });
    sinks.push((event) => store.take(event));
  }
  const slots = new Slots();
  return {
    tracker,
    people,
    reader: () => new ExchangeReader((observation) => tracker.take(observation), settings['max-message-bytes'], slots),
    add: (sink) => void sinks.push(sink),
  };
}

/** An attempt to connect is mostly HTTP of other kinds, and a session that its spans do not name would seem not to arrive. */
const FROM_TRAFFIC: ReadonlySet<SessionEvent['kind']> = new Set([
  'forwarded',
  'http-exchange',
  'journey-changed',
  'journey-ended',
]);

/** Leaves out what is not known where there is no traffic, also of an operation. */
function isKnownFromSpans(event: SessionEvent): boolean {
  if (event.kind === 'operation-ended') {
    event.operation.requestBytes = 0;
    event.operation.responseBytes = 0;
  }
  return !FROM_TRAFFIC.has(event.kind);
}
