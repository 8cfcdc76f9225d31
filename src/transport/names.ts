import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

const PRIVATE = new BlockList();
PRIVATE.addSubnet('10.0.0.0', 8);
PRIVATE.addSubnet('172.16.0.0', 12);
PRIVATE.addSubnet('192.168.0.0', 16);
PRIVATE.addSubnet('100.64.0.0', 10);
PRIVATE.addSubnet('169.254.0.0', 16);
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

const contains = (list: BlockList, address: string): boolean => {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
};

const bare = (name: string): string =>
  name
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');

/** Names that can only mean this machine. */
export function isLoopbackName(name: string): boolean {
  const host = bare(name);
  return host === 'localhost' || host.endsWith('.localhost') || contains(LOOPBACK, host);
}

/** Names and addresses of the user's own machine, network or cluster. */
export function isPrivateName(name: string): boolean {
  const host = bare(name);
  if (isLoopbackName(host) || contains(PRIVATE, host)) return true;
  return isIP(host) === 0 && (!host.includes('.') || /\.(svc|local|internal)$/.test(host) || host.includes('.svc.'));
}

/** Who listens there is reached at each address of the machine. */
export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** The host of a `Host` header or an authority, without its port. */
export const hostOf = (authority: string): string =>
  /^(\[[^\]]*\]|[^:]*)(:\d*)?$/.exec(authority.trim())?.[1] ?? authority;

export interface Address {
  host: string;
  port: number;
}

/** `127.0.0.1:4100`, `[::1]:4100`. */
export const addressText = ({ host, port }: Address): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
