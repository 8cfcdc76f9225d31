import type { Refusal } from './refusal.ts';
import type { RequestHead } from './request-head.ts';
import { hostOf, isLoopbackName } from '../names.ts';

/** Returns why a request must not go on, or undefined. */
export type Admission = (head: Pick<RequestHead, 'host' | 'origin'>) => Refusal | undefined;

/**
 * Guards a listener on loopback against DNS rebinding, where a web page gives its own name the address 127.0.0.1. Such
 * a listener accepts only loopback names in Host and Origin, and those that are allowed by name. Other listeners accept
 * all names, or, where some are allowed by name, only these and loopback names.
 */
export function createAdmission(options: {
  listeningOn: string;
  allowHost: readonly string[];
  allowOrigin: readonly string[];
}): Admission {
  const loopbackOnly = isLoopbackName(options.listeningOn);
  const hosts = new Set(options.allowHost.map((name) => name.toLowerCase()));
  const origins = new Set(options.allowOrigin.map((origin) => origin.toLowerCase().replace(/\/$/, '')));
  const checksHost = loopbackOnly || hosts.size > 0;
  const checksOrigin = loopbackOnly || origins.size > 0;
  const seen = new Set<string>();

  const hostAllowed = (host: string): boolean => {
    const lower = host.toLowerCase();
    const name = hostOf(lower).replace(/\.$/, '');
    return hosts.has(lower) || hosts.has(name) || isLoopbackName(name);
  };
  const originAllowed = (origin: string): boolean => {
    const lower = origin.toLowerCase();
    return origins.has(lower) || origins.has('*') || isLoopbackName(URL.parse(lower)?.hostname ?? lower);
  };
  const allowed = (kind: string, value: string, check: (value: string) => boolean): boolean => {
    const key = `${kind}${value}`;
    if (seen.has(key)) return true;
    const result = check(value);
    if (result && seen.size < 1_000) seen.add(key);
    return result;
  };
  return ({ host, origin }) => {
    if (checksHost && host !== undefined && !allowed('h', host, hostAllowed)) {
      return {
        status: 403,
        text: `Host '${hostOf(host)}' is not allowed here; to allow it start mcpspan with --allow-host ${hostOf(host)}`,
      };
    }
    if (checksOrigin && origin !== undefined && !allowed('o', origin, originAllowed)) {
      return {
        status: 403,
        text: `Origin '${origin}' is not allowed here; to allow it start mcpspan with --allow-origin ${origin}`,
      };
    }
    return undefined;
  };
}
