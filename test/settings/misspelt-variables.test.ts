import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { misspeltVariables, unknownVariables } from '../../src/settings/misspelt-variables.ts';

const CLI = join(import.meta.dirname, '../../src/cli.ts');
const meantBy = (name: string, value = 'x'): string | undefined => unknownVariables({ [name]: value })[0]?.meant;

describe('a misspelt variable', () => {
  it.each([
    ['MCPSPAN_UPSTREM', 'MCPSPAN_UPSTREAM'],
    ['MCPSPAN_LISTNE', 'MCPSPAN_LISTEN'],
    ['MCPSPAN_ALLOW_HOSTS', 'MCPSPAN_ALLOW_HOST'],
    ['MCPSPAN_DRAINDELAY', 'MCPSPAN_DRAIN_DELAY'],
    ['MCPSPAN_SPOOL_MAX', 'MCPSPAN_SPOOL_MAX_MB'],
    ['MCPSPAN_UPSTREAM_URL', 'MCPSPAN_UPSTREAM'],
    ['MCPSPAN_LISTEN_ADDRESS', 'MCPSPAN_LISTEN'],
    ['MCPSPAN_store', 'MCPSPAN_STORE'],
    ['MCPSPN_UPSTREAM', 'MCPSPAN_UPSTREAM'],
    ['MCPPSAN_UPSTREAM', 'MCPSPAN_UPSTREAM'],
    ['MCPSSPAN_UPSTREAM', 'MCPSPAN_UPSTREAM'],
    ['MCP_SPAN_PAGE_TOKEN', 'MCPSPAN_PAGE_TOKEN'],
    ['mcpspan_name', 'MCPSPAN_NAME'],
  ])('%s is told with what was probably meant, %s', (name, meant) => {
    expect(misspeltVariables({ [name]: 'x' })).toEqual([
      `${name} is unknown and has no effect; did you mean ${meant}?`,
    ]);
  });

  it.each([
    'MCPSPAN_UPSTREAM',
    'MCPSPAN_MAX_TOOLS',
    'PATH',
    'MCP_SERVER_NAME',
    'MCPSCAN_NAME',
    'MY_NAME',
    'NAME',
    'MCPSPAN_TEST_CHROMIUM',
  ])('%s is none', (name) => {
    expect(unknownVariables({ [name]: 'x' })).toEqual([]);
  });

  it.each(['MCPSPAN_VERSION', 'MCPSPAN_COLOUR', 'MCPSPAN_'])('%s is unknown, but near to nothing', (name) => {
    expect(meantBy(name)).toBeUndefined();
    expect(unknownVariables({ [name]: 'x' })).toHaveLength(1);
    expect(misspeltVariables({ [name]: 'x' })).toEqual([]);
  });
});

describe('the links to Services that Kubernetes makes', () => {
  const LINKS = (service: string) => ({
    [`${service}_SERVICE_HOST`]: '10.0.0.1',
    [`${service}_SERVICE_PORT`]: '4100',
    [`${service}_SERVICE_PORT_MCP`]: '4100',
    [`${service}_PORT`]: 'tcp://10.0.0.1:4100',
    [`${service}_PORT_4100_TCP`]: 'tcp://10.0.0.1:4100',
    [`${service}_PORT_4100_TCP_PROTO`]: 'tcp',
    [`${service}_PORT_4100_TCP_PORT`]: '4100',
    [`${service}_PORT_4100_TCP_ADDR`]: '10.0.0.1',
  });

  // The last two would be near to options of ours, by their names alone.
  it.each(['MCPSPAN', 'MCPSPAN_QUIZ', 'MCPSPAN_LISTEN', 'MCPSPAN_PAGE'])(
    'are no mistakes of anybody: %s',
    (service) => {
      expect(unknownVariables(LINKS(service))).toEqual([]);
    },
  );

  it('have addresses, so a bare port in their place is a mistake', () => {
    expect(meantBy('MCPSPAN_PAGE_PORT', '4101')).toBe('MCPSPAN_PAGE');
    expect(unknownVariables({ MCPSPAN_PORT: '4100' })).toEqual([{ name: 'MCPSPAN_PORT', meant: undefined }]);
  });
});

describe('mcpspan', () => {
  const run = (args: readonly string[], env: Readonly<Record<string, string>>) =>
    spawnSync(process.execPath, [CLI, ...args], {
      env: { PATH: process.env['PATH'], MCPSPAN_STORE: 'off', ...env },
      encoding: 'utf8',
    });
  const HINT = 'mcpspan: MCPSPAN_UPSTREM is unknown and has no effect; did you mean MCPSPAN_UPSTREAM?\n';

  it('names the misspelt variable beside what is missing because of it', () => {
    const { status, stdout, stderr } = run([], { MCPSPAN_UPSTREM: 'http://localhost:1' });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^${HINT.replaceAll('?', '\\?')}mcpspan: --upstream is missing`));
  });

  it('names it beside a wrapped command, whose streams stay its own', () => {
    const { status, stdout, stderr } = run(['--', 'sh', '-c', 'echo ran; exit 7'], { MCPSPAN_UPSTREM: 'x' });
    expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: 'ran\n', stderr: HINT });
  });

  it('names it nowhere else in what is asked of mcpspan itself', () => {
    expect(run(['--version'], { MCPSPAN_UPSTREM: 'x' }).stderr).toBe('');
  });
});
