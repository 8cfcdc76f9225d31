import { addressText, isLoopbackName } from '../transport/names.ts';
import type { ProxyConfig, ServerConfig } from './server-config.ts';

/**
 * Says that a listener can be reached from elsewhere and checks no Host, so that a web page may reach it by DNS rebinding
 * from the browser of anybody beside it; undefined: all check, or a certificate does, which no other name has.
 */
export function openListener({ servers, 'tls-cert': certificate }: ProxyConfig): string | undefined {
  if (certificate !== undefined) return undefined;
  const open = servers.find(isOpen);
  return open === undefined
    ? undefined
    : `--listen ${addressText(open.listen)} takes requests for any Host, so a web page could send some by DNS rebinding; name the host that clients use with --allow-host NAME (localhost: only loopback names)`;
}

const isOpen = ({ listen, host, 'allow-host': allowed }: ServerConfig): boolean =>
  !isLoopbackName(listen.host) && host === undefined && allowed.length === 0;
