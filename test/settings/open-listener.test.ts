import { expect, it } from 'vitest';
import { DEFAULTS } from '../../src/settings/command-settings.ts';
import { openListener } from '../../src/settings/open-listener.ts';
import { withOneServer } from '../../src/settings/server-config.ts';
import { NO_SIGNALS } from '../../src/settings/signals.ts';

const ALWAYS = { root: 'always_on', ratio: 1 } as const;

const listener = (host: string, allowed: readonly string[] = [], certificate?: string) => {
  const at = { listen: { host, port: 4100 }, name: 'quiz', upstream: new URL('http://quiz:3000/mcp') };
  const settings = { ...DEFAULTS, ...at, store: undefined, signals: NO_SIGNALS, sampler: ALWAYS };
  return withOneServer({ ...settings, 'allow-host': allowed, 'tls-cert': certificate });
};

it.each([
  ['0.0.0.0', '0.0.0.0:4100'],
  ['::', '[::]:4100'],
  ['192.168.1.5', '192.168.1.5:4100'],
])('a listener on %s that names no host takes requests for any, which is said with its cure', (host, address) => {
  expect(openListener(listener(host))).toBe(
    `--listen ${address} takes requests for any Host, so a web page could send some by DNS rebinding; name the host that clients use with --allow-host NAME (localhost: only loopback names)`,
  );
});

it('is said of the first of several servers that is open', () => {
  const { servers, ...config } = listener('0.0.0.0');
  const [open] = servers;
  if (open === undefined) throw new Error('there is no server');
  const named = { ...open, host: 'quiz.example.com' };
  const safe = { ...open, 'allow-host': ['quiz.example.com'] };
  expect(openListener({ ...config, servers: [named, safe] })).toBeUndefined();
  const other = { ...open, listen: { host: '0.0.0.0', port: 4110 } };
  expect(openListener({ ...config, servers: [named, safe, other] })).toContain('--listen 0.0.0.0:4110 ');
});

it.each([
  ['on loopback', listener('127.0.0.1')],
  ['that takes requests for some hosts only', listener('0.0.0.0', ['localhost'])],
  // A name that resolves to us has no certificate of ours.
  ['with TLS', listener('0.0.0.0', [], 'cert.pem')],
])('nothing is said of a listener %s', (_, safe) => {
  expect(openListener(safe)).toBeUndefined();
});
