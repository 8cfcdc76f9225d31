import type { Environment, Signal, SignalName } from '../../settings/signals.ts';
import { ok, problem, type Check } from './check.ts';
import { diagnose } from './diagnosis.ts';
import { checkMetricsPort } from './port.ts';
import { sampleOf } from './sample.ts';

/** Whether what a signal consists of arrives where it is sent, and if not, why. */
export async function checkSending(name: SignalName, signal: Signal, env: Environment): Promise<readonly Check[]> {
  const { exporters, target } = signal;
  return [
    ...(exporters.includes('otlp') ? await checkEndpoint(name, signal, env) : []),
    ...(exporters.includes('prometheus') ? [await checkMetricsPort(env)] : []),
    ...(exporters.every((exporter) => exporter === 'console')
      ? [ok(`test of ${name}`, `nothing is sent: ${name} go to ${target}`)]
      : []),
  ];
}

async function checkEndpoint(
  name: SignalName,
  { protocol, exporters, target }: Signal,
  env: Environment,
): Promise<Check[]> {
  // One for each exporter, and how it is spoken to.
  const [address = ''] = target.split(', ')[exporters.indexOf('otlp')]?.split(' ') ?? [];
  // That it is none was said of the variable.
  if (protocol !== 'grpc' && !/^https?:$/.test(URL.parse(address)?.protocol ?? '')) return [];
  const { what, mark, send } = sampleOf(name, protocol);
  const sent = await send();
  if (!sent.taken) {
    const found = await diagnose({ name, protocol, address, error: sent.error }, env);
    return [problem(what, found.what, found.cure)];
  }
  return [
    sent.rejected
      ? problem(what, `${address} answered, but rejected it`, "look into the backend's log for the reason")
      : ok(what, `taken by ${address}; look for ${mark}`),
  ];
}
