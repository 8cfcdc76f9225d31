import { randomUUID } from 'node:crypto';
import type { StdioConfig } from '../settings/config.ts';
import { DEFAULTS } from '../settings/command-settings.ts';
import { withinMemory } from '../settings/memory-bounds.ts';
import { isExporting } from '../settings/signals.ts';
import { OBSERVER_THREAD, setupOf } from '../observer/setup.ts';
import { startSupervisor, type Supervisor } from '../observer/supervisor.ts';
import { SelfCounters } from '../telemetry/self.ts';
import { TIMERS } from '../transport/timers.ts';
import type { SharedRing } from '../transport/wire/ring-writer.ts';

export interface WrappedObserverOptions {
  /** Prints a line for people. */
  say(line: string): void;
  /** Prints what exporters and the SDK write by themselves. */
  print(text: Uint8Array): void;
  /** Replaces our observer thread. */
  observerEntry?: URL;
  /** Called when another observer reads in place of one that failed. */
  onRestarted(): void;
}

/** Starts the observer of a wrapped command. */
export function startWrappedObserver(
  config: StdioConfig,
  ring: SharedRing,
  { observerEntry, ...options }: WrappedObserverOptions,
): Supervisor {
  const self = new SelfCounters();
  // Options that are only for HTTP have their defaults.
  const memory = withinMemory({ ...DEFAULTS, ...config }, process.constrainedMemory());
  const { settings } = memory;
  // The default may be lowered without a word here: stderr is not ours alone.
  if (memory.spoolLowered !== undefined && config['spool-max-mb'] !== undefined && isExporting(config.signals))
    options.say(memory.spoolLowered);
  const server = { index: 0, name: config.name, place: { kind: 'stdio' } as const, settings: withoutUrl(settings) };
  const setup = setupOf({
    settings: withoutUrl(settings),
    rings: [ring],
    self,
    instance: randomUUID(),
    servers: [server],
  });
  return startSupervisor({
    entry: observerEntry ?? OBSERVER_THREAD,
    setup,
    self,
    timers: TIMERS,
    heapMb: memory.observerHeapMb,
    ...options,
  });
}

/** A URL cannot be sent to a thread. */
const withoutUrl = <Settings extends { upstream: unknown }>({
  upstream: _upstream,
  ...rest
}: Settings): Omit<Settings, 'upstream'> => rest;
