import { countCutOffInWords } from '../reading/cut-off-words.ts';
import { counted } from '../reading/figures.ts';
import type { ProxyConfig } from '../settings/server-config.ts';
import type { Relay } from '../transport/http/relay.ts';

/**
 * Accepts requests for the drain delay, and then gives those in flight their time to end.
 * @param tellsCutOff there is no observer, which tells by name what was cut off
 */
export async function drain(
  relays: readonly Relay[],
  config: Pick<ProxyConfig, 'drain-delay' | 'drain-seconds'>,
  tellsCutOff: boolean,
  say: (line: string) => void,
): Promise<void> {
  const { 'drain-delay': delay, 'drain-seconds': seconds } = config;
  if (delay > 0) say(`stopping: not ready from now on; requests are accepted for ${delay} s more`);
  await new Promise((resolve) => setTimeout(resolve, delay * 1_000));
  const draining = relays.map((one) => one.drain(seconds * 1_000));
  const inFlight = sum(await Promise.all(draining.map((one) => one.inFlight)));
  if (inFlight > 0 && seconds > 0)
    say(
      `draining: ${counted(inFlight, 'request')} in flight ${inFlight === 1 ? 'has' : 'have'} up to ${seconds} s to end`,
    );
  const cut = sum(await Promise.all(draining.map((one) => one.closed)));
  if (cut > 0 && tellsCutOff) say(countCutOffInWords(cut, seconds));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
