import type { Environment, Signal, SignalName } from '../../settings/signals.ts';
import { ok, problem, type Check } from './check.ts';
import { diagnose } from './diagnosis.ts';
import { checkMetricsPort } from './port.ts';
import { sampleOf } from './sample.ts';

/** Whether an item of a signal arrives at its endpoint, and if not, why. */
export async function checkSending(name: SignalName, signal: Signal, env: Environment): Promise<readonly Check[]> {
  const { exporters, target } = signal;
  return [
    ...(exporters.includes('otlp') ? await checkEndpoint(name, signal, env) : []),
    ...(exporters.includes('prometheus') ? [await checkMetricsPort(env)] : []),
    ...(exporters.every((exporter) => exporter === 'console')
      ? [ok(`test of ${name}`, `nothing sent: ${name} go to ${target}`)]
      : []),
  ];
}

async function checkEndpoint(
  name: SignalName,
  { protocol, exporters, target }: Signal,
  env: Environment,
): Promise<Check[]> {
  // One address for each exporter, followed by its protocol.
  const [address = ''] = target.split(', ')[exporters.indexOf('otlp')]?.split(' ') ?? [];
  // The check of the variables reports an address that is none.
  if (protocol !== 'grpc' && !/^https?:$/.test(URL.parse(address)?.protocol ?? '')) return [];
  const { what, mark, send } = sampleOf(name, protocol);
  const sent = await send();
  if (!sent.taken) {
    const found = await diagnose({ name, protocol, address, error: sent.error }, env);
    return [problem(what, found.what, found.cure)];
  }
  return [
    sent.rejected
      ? problem(what, `${address} answered, but rejected it`, "find the reason in the backend's log")
      : ok(what, `accepted by ${address}; look for ${mark}`),
  ];
}
