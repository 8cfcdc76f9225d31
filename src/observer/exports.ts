import type { EventSink } from '../session/event.ts';
import type { People } from '../session/people.ts';
import type { Privacy } from '../session/privacy.ts';
import type { Tracker } from '../session/tracker.ts';
import { DEFAULT_SPOOL_MEMORY_MB, MEGABYTE_BYTES } from '../settings/memory-bounds.ts';
import { isExporting } from '../settings/signals.ts';
import { createLogEvents, createLogSink, type LogEvent } from '../telemetry/logs.ts';
import { MetricSink } from '../telemetry/metrics.ts';
import type { Sdk, SdkOptions } from '../telemetry/sdk.ts';
import type { SelfCounters } from '../telemetry/self.ts';
import { EVENT } from '../telemetry/semconv.ts';
import { createSpanSink } from '../telemetry/spans.ts';
import { now } from '../transport/clock.ts';
import { createSampler } from '../transport/trace/sampling.ts';
import type { ObserverData, ObserverSettings } from './setup.ts';

/** What leaves the machine: the signals that are on. */
export interface Exports {
  /** A signal is on whose items have our own time stamps: they need the wall clock. */
  readonly needsWallClock: boolean;
  /** For the page, by name: what waits to be delivered, and since when a signal has not arrived. */
  figures(): Record<string, number>;
  /** Makes a sink for each signal that is on. */
  sinks(options: SinkOptions): EventSink[];
  /** Flushes, within the given time. */
  shutdown(milliseconds: number): Promise<void>;
}

export interface SinkOptions {
  tracker: Tracker;
  people: People;
  privacy: Privacy;
  /** How far the wall clock is ahead of ours, in milliseconds. */
  skew(): number;
  copiesDropped(): number;
  /** There is a store, which can lose operations too. */
  hasStore: boolean;
}

const DEFAULT_SPOOL_DISK_MB = 256;
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
  const { settings, server } = data;
  const upstream = server.kind === 'http' ? server.upstream : undefined;
  let log: LogEvent | undefined;
  const sdk = await startSdkFor(data, {
    say,
    onExportFailed: () => self.add('exportFailures'),
    onLost: (signal, items) => signal !== 'metrics' && self.add(LOST[signal], items),
    log: () => log,
    wallClock,
    onFolded: () => self.add('labelsFolded'),
  });
  const inSpool = (figure: (signal: 'spans' | 'logs') => number | undefined) => (): Record<string, number> => ({
    spans: figure('spans') ?? 0,
    logs: figure('logs') ?? 0,
  });

  const metricSink = (
    { meter, recording }: NonNullable<Sdk['meters']>,
    { tracker, people, copiesDropped, hasStore }: SinkOptions,
  ): EventSink => {
    const metrics = new MetricSink({
      meter,
      recording,
      server: settings.name,
      sessions: () => tracker.registry.live.values(),
      people: (at) => people.today(at),
      verdicts: () => tracker.registry.clients.verdicts(),
      now,
      onFolded: () => self.add('labelsFolded'),
      self: {
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
      },
    });
    return (event) => metrics.take(event);
  };
  const logSink = (logger: NonNullable<Sdk['logger']>): EventSink => {
    log = createLogEvents(logger, settings.name);
    if (data.restarted > 0) log(EVENT.observerRestarted, {});
    return createLogSink(log);
  };
  const spanSink = (spans: NonNullable<Sdk['spans']>, { privacy, skew }: SinkOptions): EventSink =>
    createSpanSink({
      ...spans,
      server: { name: settings.name, address: upstream?.hostname ?? '', port: upstream?.port ?? 0 },
      privacy,
      sampler: createSampler(settings.sampler),
      followsCaller: settings['trace-parent'] === 'caller',
      skew,
    });

  return {
    needsWallClock: sdk.spans !== undefined,
    figures: () => ({
      spansWaiting: sdk.spool?.items('spans') ?? 0,
      logsWaiting: sdk.spool?.items('logs') ?? 0,
      ...Object.fromEntries(Object.entries(sdk.failing()).map(([items, since]) => [`${items}FailingSince`, since])),
    }),
    sinks: (options) => [
      ...(sdk.meters === undefined ? [] : [metricSink(sdk.meters, options)]),
      ...(sdk.logger === undefined ? [] : [logSink(sdk.logger)]),
      ...(sdk.spans === undefined ? [] : [spanSink(sdk.spans, options)]),
    ],
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
