import { addressText } from '../transport/names.ts';
import type { ObserverData } from './setup.ts';
import { SIGNAL_NAMES } from '../settings/signals.ts';
import type { ProcessAbout } from '../store/process-row.ts';

/**
 * What the record says of the process that writes it.
 * @param startedAt milliseconds since the epoch
 */
export function aboutProcess(
  { upstream, address, server, instance, version, signals }: ObserverData,
  startedAt: number,
): ProcessAbout {
  const exports: Record<string, string> = {};
  for (const name of SIGNAL_NAMES) {
    const target = signals[name]?.target;
    if (target !== undefined) exports[name] = target;
  }
  const wraps = address === '';
  return {
    instance,
    pid: process.pid,
    server,
    transport: wraps ? 'stdio' : 'http',
    version,
    address,
    upstream: wraps ? '' : `${upstream.protocol}//${addressText({ host: upstream.hostname, port: upstream.port })}`,
    exports,
    startedAt,
  };
}
