import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/settings/config.ts';
import { variableOf } from '../../src/settings/read-settings.ts';
import { OPTIONS } from '../../src/settings/options.ts';
import { service } from './compose.ts';
import { environment, finalStage, instructions, last } from './dockerfile.ts';
import { readText, root } from './yaml.ts';

interface Manifest {
  version: string;
  license: string;
  repository: { url: string };
}

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
    const [user] = last(stage, 'USER').rest.split(':');
    // Group 0 is that of a user whom OpenShift chooses.
    expect(stage.some(({ rest }) => rest === `install -d -o ${user} -g 0 -m 0770 /var/lib/mcpspan`)).toBe(true);
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

  it('is a command of what the image starts, and finds the proxy by the file that it writes', () => {
    expect(words).toEqual([...last(stage, 'ENTRYPOINT').words.slice(2), 'healthcheck']);
    // A read-only container without a volume can write nowhere else.
    expect(set['MCPSPAN_HEALTH_FILE']).toMatch(/^\/dev\/shm\//);
    expect(parseConfig(['healthcheck'], set)).toMatchObject({
      ok: true,
      config: { health: { host: '0.0.0.0', port: 4102 }, 'health-file': set['MCPSPAN_HEALTH_FILE'] },
    });
  });
});

describe.each(['Dockerfile', 'deploy/collector.Dockerfile'])('the labels of %s', (path) => {
  it('say what it is, of which version, and where it comes from', () => {
    const { version, license, repository }: Manifest = JSON.parse(readText('package.json'));
    const { rest } = last(finalStage(path), 'LABEL');
    const labels = Object.fromEntries(
      [...rest.matchAll(/org\.opencontainers\.image\.(\w+)=("[^"]*"|\S*)/g)].map(([, name, value]) => [name, value]),
    );
    expect(Object.keys(labels).toSorted()).toEqual([
      'description',
      'documentation',
      'licenses',
      'revision',
      'source',
      'title',
      'version',
    ]);
    expect(labels).toMatchObject({
      version,
      licenses: license,
      source: repository.url.replace(/^git\+|\.git$/g, ''),
    });
  });
});
