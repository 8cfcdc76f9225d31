import { addressText, isLoopbackName } from '../transport/names.ts';
import type { SettingsOf } from './command-settings.ts';

type Listener = Pick<SettingsOf<'http'>, 'listen' | 'allow-host' | 'tls-cert'>;

/**
 * Says that a listener can be reached from elsewhere and checks no Host, so that a web page may reach it by DNS rebinding
 * from the browser of anybody beside it; undefined: it checks, or a certificate does, which no other name has.
 */
export function openListener({ listen, 'allow-host': allowed, 'tls-cert': certificate }: Listener): string | undefined {
  return isLoopbackName(listen.host) || allowed.length > 0 || certificate !== undefined
    ? undefined
    : `--listen ${addressText(listen)} takes requests for any Host, so a web page could send some by DNS rebinding; name the host that clients use with --allow-host NAME (localhost: only loopback names)`;
}
