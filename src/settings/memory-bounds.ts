import type { SpoolSetting } from './option-kinds.ts';

export const MEGABYTE_BYTES = 1_048_576;
/** The bound of a spool in memory, where nobody names one. */
export const DEFAULT_SPOOL_MEMORY_MB = 64;

/**
 * The share of a memory limit that each buffer may take at most. With 128 MB and an endpoint out of reach, a spool of 64 MB
 * had the process killed after 6 700 sessions; with these shares it levels off at 112 MB.
 */
const SPOOL_SHARE = 1 / 8;
/** Of the rings of all relay threads together. */
const RINGS_SHARE = 1 / 32;
const MIN_RING_BYTES = MEGABYTE_BYTES;
const OBSERVER_HEAP_SHARE = 1 / 2;
const MAX_OBSERVER_HEAP_MB = 512;

/** The settings that say how much memory may be taken. */
export interface MemorySettings {
  spool: SpoolSetting;
  'spool-max-mb': number | undefined;
  'observe-credit-bytes': number;
}

/** How much memory may be taken where the process has only so much. */
export interface MemoryBounds<Settings extends MemorySettings> {
  /** The given ones, with lower bounds where they were too high. */
  settings: Settings;
  /** For the heap of the observer's thread. */
  observerHeapMb: number;
  /** A line for people: the spool holds less than it would without a limit; undefined: it does not. */
  spoolLowered: string | undefined;
}

/**
 * Fits what buffers may take to the memory limit of the process, which a container has: never more than the settings say.
 * @param limitBytes what `process.constrainedMemory()` answers: 0, undefined or an impossibly large number without a limit
 * @param threads how many relay threads have a ring each
 */
export function withinMemory<Settings extends MemorySettings>(
  settings: Settings,
  limitBytes: number | undefined,
  threads = 1,
): MemoryBounds<Settings> {
  if (limitBytes === undefined || limitBytes === 0 || !Number.isSafeInteger(limitBytes))
    return { settings, observerHeapMb: MAX_OBSERVER_HEAP_MB, spoolLowered: undefined };
  const limitMb = limitBytes / MEGABYTE_BYTES;
  const wantedMb = settings['spool-max-mb'] ?? DEFAULT_SPOOL_MEMORY_MB;
  const spoolMb = Math.min(wantedMb, Math.max(1, Math.floor(limitMb * SPOOL_SHARE)));
  const isLowered = settings.spool === 'memory' && spoolMb < wantedMb;
  const ringBytes = Math.max(MIN_RING_BYTES, Math.floor((limitBytes * RINGS_SHARE) / threads));
  return {
    settings: {
      ...settings,
      ...(isLowered && { 'spool-max-mb': spoolMb }),
      'observe-credit-bytes': Math.min(settings['observe-credit-bytes'], ringBytes),
    },
    observerHeapMb: Math.min(MAX_OBSERVER_HEAP_MB, Math.max(1, Math.floor(limitMb * OBSERVER_HEAP_SHARE))),
    spoolLowered: isLowered
      ? `the spool holds ${spoolMb} MB, not ${wantedMb}: an eighth of the memory limit of this process, ${Math.floor(limitMb)} MB; for more, raise the limit, or name a folder with --spool`
      : undefined,
  };
}
