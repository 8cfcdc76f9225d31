import type { Attributes } from '@opentelemetry/api';
import type { EventSink, SessionEvent } from '../session/event.ts';
import type { People } from '../session/people.ts';
import type { Privacy } from '../session/privacy.ts';
import type { Tracker } from '../session/tracker.ts';
import { DEFAULT_SPOOL_MEMORY_MB, MEGABYTE_BYTES } from '../settings/memory-bounds.ts';
import type { ServerSettings } from '../settings/server-config.ts';
import { isExporting } from '../settings/signals.ts';
import { withLabels } from '../telemetry/aggregation.ts';
import { createLogEvents, createLogSink, type LogEvent } from '../telemetry/logs.ts';
import { MetricSink } from '../telemetry/metrics.ts';
import { Observations } from '../telemetry/observations.ts';
import { observeSelf } from '../telemetry/own-figures.ts';
import type { Sdk, SdkOptions } from '../telemetry/sdk.ts';
import type { SelfCounters } from '../telemetry/self.ts';
import { ATTR, EVENT } from '../telemetry/semconv.ts';
import { createSpanSink } from '../telemetry/spans.ts';
import { now } from '../transport/clock.ts';
import { createSampler } from '../transport/trace/sampling.ts';
import type { ObserverData, ObserverSettings, UpstreamAddress } from './setup.ts';

/** What leaves the machine: the signals that are on. */
export interface Exports {
  /** A signal is on whose items have our own time stamps: they need the wall clock. */
  readonly needsWallClock: boolean;
  /** For the page, by name: what waits to be delivered, and since when a signal has not arrived. */
  figures(): Record<string, number>;
  /** Reports our own figures, in the metrics if these are on. */
  observeSelf(options: SelfOptions): void;
  /** Counts spans that were received, by what became of them. */
  countCollected(fate: string, spans: number): void;
  /** Makes a sink for each signal that is on. */
  sinksOf(server: ExportedServer): ServerSinks;
  /** Flushes, within the given time. */
  shutdown(milliseconds: number): Promise<void>;
}

/** A server whose events are exported. */
export interface ExportedServer {
  name: string;
  /** Undefined: it is a wrapped command, or known from spans alone. */
  upstream: UpstreamAddress | undefined;
  /** Spans of others tell of its operations. */
  isCollected: boolean;
  settings: ServerSettings;
  tracker: Tracker;
  people: People;
  privacy: Privacy;
  /** How far the wall clock is ahead of ours, in milliseconds. */
  skew(): number;
}

export interface ServerSinks {
  sinks: readonly EventSink[];
  /** The upstream is elsewhere from now on. */
  move(upstream: UpstreamAddress): void;
  /** Reports no more of what is looked at when a reader asks. */
  stop(): void;
}

export interface SelfOptions {
  copiesDropped(): number;
  /** There is a record, which can lose operations too. */
  hasStore: boolean;
}

type OpenMeters = NonNullable<Sdk['meters']> & { observations: Observations };

const DEFAULT_SPOOL_DISK_MB = 256;
/** Tells what was seen in spans of others from what was seen in traffic. */
const COLLECTED: Attributes = { [ATTR.observed]: 'spans' };
const LOST = { spans: 'spansLost', logs: 'logsLost' } as const;
const NOTHING: Sdk = {
  spans: undefined,
  meters: undefined,
  logger: undefined,
  spool: undefined,
  failing: () => ({}),
  shutdown: () => Promise.resolve(),
};

/** Sets up the exports of the signals that are on. */
export async function openExports(
  data: ObserverData,
  { self, say, wallClock }: { self: SelfCounters; say(line: string): void; wallClock(): number },
): Promise<Exports> {
  const { settings } = data;
  let log: LogEvent | undefined;
  const sdk = await startSdkFor(data, {
    say,
    onExportFailed: () => self.add('exportFailures'),
    onLost: (signal, items) => signal !== 'metrics' && self.add(LOST[signal], items),
    log: () => log,
    wallClock,
    onFolded: () => self.add('labelsFolded'),
  });
  if (sdk.logger !== undefined) {
    log = createLogEvents(sdk.logger, settings.name);
    if (data.restarted > 0) log(EVENT.observerRestarted, {});
  }
  const inSpool = (figure: (signal: 'spans' | 'logs') => number | undefined) => (): Record<string, number> => ({
    spans: figure('spans') ?? 0,
    logs: figure('logs') ?? 0,
  });

  const meters = sdk.meters && { ...sdk.meters, observations: new Observations(sdk.meters.meter) };
  const metricSink = (
    { recording, observations }: OpenMeters,
    { name, isCollected, tracker, people }: ExportedServer,
  ): MetricSink =>
    new MetricSink({
      observations,
      recording: isCollected ? withLabels(recording, COLLECTED) : recording,
      labels: isCollected ? COLLECTED : undefined,
      server: name,
      sessions: () => tracker.registry.live.values(),
      people: (at) => people.today(at),
      verdicts: () => tracker.registry.clients.verdicts(),
      now,
      onFolded: () => self.add('labelsFolded'),
    });
  const spanSink = (
    spans: NonNullable<Sdk['spans']>,
    { name, upstream, isCollected, settings: own, privacy, skew }: ExportedServer,
  ): EventSink =>
    createSpanSink({
      ...spans,
      server: { name, address: upstream?.hostname ?? '', port: upstream?.port ?? 0 },
      privacy,
      sampler: createSampler(settings.sampler),
      followsCaller: own['trace-parent'] === 'caller',
      skew,
      operationsElsewhere: isCollected,
      ofSessions: isCollected ? COLLECTED : undefined,
    });

  return {
    needsWallClock: sdk.spans !== undefined,
    figures: () => ({
      spansWaiting: sdk.spool?.items('spans') ?? 0,
      logsWaiting: sdk.spool?.items('logs') ?? 0,
      ...Object.fromEntries(Object.entries(sdk.failing()).map(([items, since]) => [`${items}FailingSince`, since])),
    }),
    observeSelf: ({ copiesDropped, hasStore }) => {
      if (sdk.meters === undefined) return;
      observeSelf(sdk.meters.meter, settings.name, {
        copiesDropped,
        observerRestarts: () => self.read('observerRestarts'),
        exportFailures: () => self.read('exportFailures'),
        labelsFolded: () => self.read('labelsFolded'),
        tracesWithheld: () => self.read('tracesWithheld'),
        itemsLost: () => ({
          spans: self.read('spansLost'),
          logs: self.read('logsLost'),
          ...(hasStore && { store: self.read('operationsNotStored') }),
        }),
        spoolItems: inSpool((signal) => sdk.spool?.items(signal)),
        spoolBytes: inSpool((signal) => sdk.spool?.bytes(signal)),
      });
    },
    countCollected: (fate, spans) =>
      sdk.meters?.recording
        .counter('collectedSpans', { [ATTR.server]: settings.name, [ATTR.collected]: fate })
        .increment(spans),
    sinksOf: (server) => {
      const metrics = meters && metricSink(meters, server);
      let spans = sdk.spans && spanSink(sdk.spans, server);
      return {
        sinks: [
          ...(metrics === undefined ? [] : [(event: SessionEvent) => metrics.take(event)]),
          ...(sdk.logger === undefined
            ? []
            : [createLogSink(createLogEvents(sdk.logger, server.name, server.isCollected ? COLLECTED : {}))]),
          ...(spans === undefined ? [] : [(event: SessionEvent) => spans?.(event)]),
        ],
        move: (upstream) => {
          spans = sdk.spans && spanSink(sdk.spans, { ...server, upstream });
        },
        stop: () => metrics?.stop(),
      };
    },
    shutdown: (milliseconds) => sdk.shutdown(milliseconds),
  };
}

/** Loads the SDK only if something is exported: it costs 30 MB. */
async function startSdkFor(
  { settings, serviceName, serviceNameWins, version, instance }: ObserverData,
  callbacks: Pick<SdkOptions, 'say' | 'onExportFailed' | 'onLost' | 'log' | 'wallClock' | 'onFolded'>,
): Promise<Sdk> {
  if (!isExporting(settings.signals)) return NOTHING;
  const { startSdk } = await import('../telemetry/sdk.ts');
  const { signals } = settings;
  return startSdk({
    signals,
    serviceName,
    serviceNameWins,
    version,
    instance,
    spool: spoolFor(settings),
    ...callbacks,
  });
}

/** Where undelivered telemetry waits, according to the options; undefined: nowhere. */
function spoolFor({ spool, 'spool-max-mb': maxMb }: ObserverSettings): SdkOptions['spool'] {
  if (spool === 'off') return undefined;
  if (spool === 'memory')
    return { where: { kind: 'memory' }, maxBytes: (maxMb ?? DEFAULT_SPOOL_MEMORY_MB) * MEGABYTE_BYTES };
  return {
    where: { kind: 'directory', path: spool.path },
    maxBytes: (maxMb ?? DEFAULT_SPOOL_DISK_MB) * MEGABYTE_BYTES,
  };
}
