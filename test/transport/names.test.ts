import { describe, expect, it } from 'vitest';
import { createAdmission } from '../../src/transport/http/admission.ts';
import { hostOf, isLoopbackName, isPrivateName } from '../../src/transport/names.ts';

describe('a name of this machine', () => {
  it.each(['localhost', 'LOCALHOST', 'localhost.', 'app.localhost', '127.0.0.1', '127.255.0.9', '::1', '[::1]'])(
    'is %s',
    (name) => {
      expect(isLoopbackName(name)).toBe(true);
      expect(isPrivateName(name)).toBe(true);
    },
  );

  it.each([
    'example.com',
    'localhost.example.com',
    '127.0.0.1.nip.io',
    '10.0.0.1',
    '0.0.0.0',
    '128.0.0.1',
    '::2',
    'notlocalhost',
    '',
  ])('is not %j', (name) => {
    expect(isLoopbackName(name)).toBe(false);
  });
});

describe('a name nearby', () => {
  it.each([
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.1.1',
    '100.64.0.1',
    'fd00::1',
    '[fe80::1]',
    'server',
    'printer.local',
    'mcp.prod.svc',
    'mcp.prod.svc.cluster.local',
    'mcp.internal',
  ])('is %s', (name) => {
    expect(isPrivateName(name)).toBe(true);
  });

  it.each([
    '172.32.0.1',
    '192.169.0.1',
    '100.128.0.1',
    '8.8.8.8',
    '2001:db8::1',
    'example.com',
    'mcp.local.example.com',
    'internal.example.com',
  ])('is not %s', (name) => {
    expect(isPrivateName(name)).toBe(false);
  });
});

describe('the host of an authority', () => {
  it.each([
    ['localhost:4100', 'localhost'],
    ['localhost', 'localhost'],
    ['[::1]:4100', '[::1]'],
    ['example.com:', 'example.com'],
    [' example.com:80 ', 'example.com'],
  ])('%j is %j', (authority, host) => {
    expect(hostOf(authority)).toBe(host);
  });
});

describe('admission', () => {
  const ask = (options: Parameters<typeof createAdmission>[0], name: string, value: string) =>
    createAdmission(options)({ host: undefined, origin: undefined, [name.toLowerCase()]: value });
  const loopback = { listeningOn: '127.0.0.1', allowHost: [], allowOrigin: [] };
  const open = { ...loopback, listeningOn: '0.0.0.0' };

  it.each([
    ['Host', 'localhost:4100'],
    ['Host', '127.0.0.1'],
    ['Host', '[::1]:4100'],
    ['Origin', 'http://localhost:8080'],
    ['Origin', 'https://127.0.0.1'],
    ['Origin', 'http://[::1]:5'],
  ])('on loopback is given to %s: %s [MCP-ORIGIN-1]', (name, value) => {
    expect(ask(loopback, name, value)).toBeUndefined();
  });

  it.each([
    ['Host', 'evil.example', '--allow-host evil.example'],
    ['Host', 'evil.example:4100', '--allow-host evil.example'],
    ['Host', 'localhost.evil.example', '--allow-host localhost.evil.example'],
    ['Origin', 'http://evil.example', '--allow-origin http://evil.example'],
    ['Origin', 'null', '--allow-origin null'],
    ['Origin', 'http://localhost.evil.example', '--allow-origin http://localhost.evil.example'],
  ])('on loopback is not given to %s: %s, and says how to [MCP-ORIGIN-2]', (name, value, cure) => {
    const refusal = ask(loopback, name, value);
    expect(refusal).toMatchObject({ status: 403 });
    expect(refusal?.text).toContain(cure);
  });

  it('elsewhere is given to any', () => {
    expect(createAdmission(open)({ host: 'mcp.example', origin: 'https://app.example' })).toBeUndefined();
  });

  it.each([
    [{ ...open, allowHost: ['mcp.example'] }, 'Host', 'MCP.example:443', true],
    [{ ...open, allowHost: ['mcp.example:443'] }, 'Host', 'mcp.example:443', true],
    [{ ...open, allowHost: ['mcp.example'] }, 'Host', 'other.example', false],
    [{ ...open, allowHost: ['mcp.example'] }, 'Host', 'localhost', true],
    [{ ...open, allowHost: ['mcp.example'] }, 'Origin', 'https://any.example', true],
    [{ ...open, allowOrigin: ['https://app.example/'] }, 'Origin', 'https://app.example', true],
    [{ ...open, allowOrigin: ['https://app.example'] }, 'Origin', 'http://app.example', false],
    [{ ...loopback, allowOrigin: ['*'] }, 'Origin', 'https://any.example', true],
    [{ ...loopback, allowHost: ['mcp.example'] }, 'Host', 'mcp.example', true],
  ])('with %j is given to %s: %s? %j', (options, name, value, admitted) => {
    expect(ask(options, name, value) === undefined).toBe(admitted);
  });

  it('is decided again for what was refused', () => {
    const admission = createAdmission(loopback);
    const from = (host: string) => admission({ host, origin: undefined });
    expect([from('evil.example'), from('localhost'), from('evil.example'), from('localhost')].map(Boolean)).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});
