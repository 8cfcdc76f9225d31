import { expect, it } from 'vitest';
import { openListener } from '../../src/settings/open-listener.ts';

const listener = (host: string, allowed: readonly string[] = [], certificate?: string) => ({
  listen: { host, port: 4100 },
  'allow-host': allowed,
  'tls-cert': certificate,
});

it.each([
  ['0.0.0.0', '0.0.0.0:4100'],
  ['::', '[::]:4100'],
  ['192.168.1.5', '192.168.1.5:4100'],
])('a listener on %s that names no host takes requests for any, which is said with its cure', (host, address) => {
  expect(openListener(listener(host))).toBe(
    `--listen ${address} takes requests for any Host, so a web page could send some by DNS rebinding; name the host that clients use with --allow-host NAME (localhost: only loopback names)`,
  );
});

it.each([
  ['on loopback', listener('127.0.0.1')],
  ['that takes requests for some hosts only', listener('0.0.0.0', ['localhost'])],
  // A name that resolves to us has no certificate of ours.
  ['with TLS', listener('0.0.0.0', [], 'cert.pem')],
])('nothing is said of a listener %s', (_, safe) => {
  expect(openListener(safe)).toBeUndefined();
});
