import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/settings/config.ts';
import { variableOf } from '../../src/settings/read-settings.ts';
import { OPTIONS } from '../../src/settings/options.ts';
import { startHealth } from '../../src/transport/http/health.ts';
import { service } from './compose.ts';
import { environment, finalStage, instructions, last } from './dockerfile.ts';
import { readText, root } from './yaml.ts';

const all = instructions('Dockerfile');
const stage = finalStage('Dockerfile');
const set = environment(stage);

/** What COPY takes from the repository, rather than from another stage. */
const copied = all
  .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from='))
  .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));

describe('the image', () => {
  it('is made of files that exist and that .dockerignore lets through', () => {
    const kept = readText('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(readText('.dockerignore').split('\n')).toContain('*');
    expect(copied).toContain('src');
    for (const path of copied) {
      expect(existsSync(join(root, path)), path).toBe(true);
      expect(kept, path).toContain(path);
    }
    expect(kept.filter((path) => !copied.includes(path))).toEqual([]);
  });

  it('brings what the build reads', () => {
    expect(copied).toContain('tsconfig.json');
    const imported = [...readText('scripts/build.ts').matchAll(/ from '\.\/(.*)';/g)].map(
      ([, file]) => `scripts/${file}`,
    );
    for (const file of ['scripts/build.ts', ...imported]) expect(copied).toContain(file);
    expect(all.filter(({ rest }) => rest === 'node scripts/build.ts')).toHaveLength(1);
  });

  it('holds what was built, and nothing that was only needed to build it', () => {
    const from = stage.filter(({ name, rest }) => name === 'COPY' && rest.startsWith('--from='));
    expect(from.map(({ rest }) => rest)).toEqual(['--from=build /app/dist dist']);
    const { dependencies }: { dependencies?: unknown } = JSON.parse(readText('package.json'));
    expect(dependencies).toBeUndefined();
  });

  it('runs as a user that is not root, by number', () => {
    expect(last(stage, 'USER').rest).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it('starts what the package starts, as the child of an init that passes signals on', () => {
    const { bin }: { bin: { mcpspan: string } } = JSON.parse(readText('package.json'));
    expect(last(stage, 'ENTRYPOINT').words).toEqual(['tini', '--', 'node', `/app/${bin.mcpspan}`]);
    expect(stage.some(({ name, rest }) => name === 'RUN' && / tini\b/.test(rest))).toBe(true);
  });

  it('sets options that exist, to values that they take', () => {
    const ours = Object.keys(set).filter((name) => name.startsWith('MCPSPAN_'));
    expect(ours.filter((name) => !Object.keys(OPTIONS).map(variableOf).includes(name))).toEqual([]);
    const parsed = parseConfig(['--upstream', 'http://localhost:3000/mcp'], set);
    expect(parsed).toMatchObject({
      ok: true,
      config: {
        listen: { host: '0.0.0.0', port: 4100 },
        health: { host: '0.0.0.0', port: 4102 },
        page: undefined,
        'drain-delay': 5,
        'drain-seconds': 25,
      },
    });
  });

  it('has a folder for the spool of its user, which compose puts on a volume', () => {
    const user = last(stage, 'USER').rest.split(':');
    expect(stage.some(({ rest }) => rest === `install -d -o ${user[0]} -g ${user[1]} -m 0700 /var/lib/mcpspan`)).toBe(
      true,
    );
    const { environment: told, mounts } = service('mcpspan');
    const [volume] = mounts.filter(({ source }) => source === 'mcpspan-spool');
    expect(volume).toEqual({ source: 'mcpspan-spool', target: '/var/lib/mcpspan', readOnly: false });
    expect(told['MCPSPAN_SPOOL']).toBe(`${volume?.target}/spool`);
  });

  it('exposes what it listens on', () => {
    const ports = [set['MCPSPAN_LISTEN'], set['MCPSPAN_HEALTH']].map((address) => address?.split(':')[1]);
    expect(last(stage, 'EXPOSE').rest.split(' ')).toEqual(ports);
  });
});

describe('its health check', () => {
  const { words } = last(stage, 'HEALTHCHECK');
  /** Its exit code, with MCPSPAN_HEALTH as given. */
  const check = async (address: string): Promise<unknown> => {
    const [, ...args] = words;
    const child = spawn(process.execPath, args, { env: { MCPSPAN_HEALTH: address }, stdio: 'ignore' });
    const [code]: unknown[] = await once(child, 'exit');
    return code;
  };

  it('is well while mcpspan answers, also when it drains', async () => {
    const health = await startHealth({ host: '127.0.0.1', port: 0 }, () => false);
    expect(await check(`0.0.0.0:${health.port}`)).toBe(0);
    health.close();
    expect(await check(`0.0.0.0:${health.port}`)).toBe(1);
  });

  it('says nothing against a mcpspan that was told to have no health address', async () => {
    expect(words[0]).toBe('node');
    expect(await check('off')).toBe(0);
  });
});
