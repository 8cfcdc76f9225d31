import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMPOSE, dependencies, healthCheck, isVolume, seconds, service, services } from './compose.ts';
import { baseImages, environment, finalStage, last } from './dockerfile.ts';
import { addressesIn, listeners } from './listeners.ts';
import { variablesIn, type Values } from './variables.ts';
import { at, fields, readText, readYaml, root, text, texts } from './yaml.ts';

const LISTENING = listeners();
const OURS = ['simulator', 'mcpspan'];
const UPSTREAM = 'http://host.docker.internal:3000/mcp';

/** Where a build's Dockerfile is. */
const dockerfileOf = (raw: unknown): string =>
  join(text(at(raw, 'build', 'context')), text(at(raw, 'build', 'dockerfile') ?? 'Dockerfile'));

const isBuilt = (raw: unknown): boolean => at(raw, 'build') !== undefined;

describe.each(services())('the service $name', ({ name, raw, mounts, ports, command, environment: set }) => {
  it('has an image of one version, built here or named in full', () => {
    expect(at(raw, 'image')).toMatch(/^[\w./-]+:v?\d+\.\d+\.\d+$/);
    if (isBuilt(raw)) {
      expect(at(raw, 'pull_policy')).toBe('build');
      expect(existsSync(join(root, dockerfileOf(raw)))).toBe(true);
    }
  });

  it('is not root, writes to nothing but its volumes, and can gain no rights', () => {
    expect(at(raw, 'user')).toMatch(/^[1-9]\d*:\d+$/);
    expect(at(raw, 'read_only')).toBe('true');
    expect(at(raw, 'cap_drop')).toEqual(['ALL']);
    expect(at(raw, 'security_opt')).toEqual(['no-new-privileges:true']);
    expect(at(raw, 'privileged')).toBeUndefined();
    expect(at(raw, 'cap_add')).toBeUndefined();
    expect(mounts.filter((mount) => !isVolume(mount) && !mount.readOnly)).toEqual([]);
  });

  it('is bounded: memory, also that of /tmp, and what its log may take', () => {
    expect(at(raw, 'mem_limit')).toMatch(/^\d+[mg]$/);
    expect(texts(at(raw, 'tmpfs'))).toEqual([expect.stringMatching(/^\/tmp:size=\d+m$/)]);
    expect(Number(at(raw, 'logging', 'options', 'max-file'))).toBeGreaterThan(0);
  });

  it('has a health check, of its own or its image, that asks a port it listens on', () => {
    const own = healthCheck({ name, raw, mounts, ports, command, environment: set });
    const check = own.length > 0 ? own : last(finalStage(dockerfileOf(raw)), 'HEALTHCHECK').words;
    expect(check[0]).toMatch(/^(CMD|node)$/);
    // A command in shell form needs a shell, which half of these images do not have.
    expect(check).not.toContain('CMD-SHELL');
    for (const { host, port } of addressesIn(check)) {
      expect(host).toBe('127.0.0.1');
      expect(LISTENING.get(name)).toContain(port);
    }
  });

  it('publishes on loopback only, and only ports that it listens on', () => {
    for (const port of ports) {
      const [host, published, inside] = port.split(':');
      expect(host).toBe('127.0.0.1');
      expect(Number(published)).toBeGreaterThan(1_023);
      expect(LISTENING.get(name)).toContain(Number(inside));
    }
  });

  it('mounts files that exist, and names its volumes', () => {
    const volumes = Object.keys(fields(at(readYaml(COMPOSE), 'volumes')));
    for (const mount of mounts) {
      expect(mount.target.startsWith('/')).toBe(true);
      if (isVolume(mount)) expect(volumes).toContain(mount.source);
      else expect(existsSync(join(root, mount.source)), mount.source).toBe(true);
    }
  });

  it('is told to read files that are mounted where it looks for them', () => {
    const named = command.flatMap((word) => /(?:=|^)(\/etc\/\S+)$/.exec(word)?.[1] ?? []);
    expect(named.filter((path) => !mounts.some(({ target }) => path === target))).toEqual([]);
  });

  it('waits for services that exist, for their health only where they have a check', () => {
    const names = services().map((one) => one.name);
    for (const [other, condition] of Object.entries(
      dependencies({ name, raw, mounts, ports, command, environment: set }),
    )) {
      expect(names).toContain(other);
      expect(condition).toMatch(/^service_(started|healthy)$/);
    }
  });

  it('speaks to services that exist, at ports that they listen on', () => {
    for (const { host, port } of addressesIn(set)) {
      if (host === 'localhost') continue;
      expect(LISTENING.get(host), `${host}:${port}`).toContain(port);
    }
  });
});

describe('docker-compose.yml', () => {
  it('uses every volume it declares, each for one service', () => {
    const used = services().flatMap(({ mounts }) => mounts.filter(isVolume).map(({ source }) => source));
    expect(used.toSorted()).toEqual(Object.keys(fields(at(readYaml(COMPOSE), 'volumes'))).toSorted());
  });

  it('publishes no port twice, and leaves 3000 to the server of whoever tries it', () => {
    const published = services().flatMap(({ ports }) => ports.map((port) => port.split(':')[1]));
    expect(new Set(published).size).toBe(published.length);
    expect(published).not.toContain('3000');
  });

  it('has a default for every variable, or does without it', () => {
    const needed = [...readText(COMPOSE).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
    expect(needed).toEqual([]);
    expect([...variablesIn(readYaml(COMPOSE)).keys()]).toContain('UPSTREAM');
  });

  it('pins the version of the image to that of the package', () => {
    const { version }: { version: string } = JSON.parse(readText('package.json'));
    for (const name of OURS) expect(at(service(name).raw, 'image')).toBe(`mcpspan:${version}`);
    expect(at(service('collector').raw, 'image')).toBe(`mcpspan-collector:${version}`);
  });

  it('builds from another Node image where NODE_IMAGE names one', () => {
    const argument = (values: Values): unknown => at(service('mcpspan', values).raw, 'build', 'args', 'NODE_IMAGE');
    expect(argument({})).toBe(baseImages('Dockerfile')[0]);
    expect(argument({ NODE_IMAGE: 'registry.example/node:24' })).toBe('registry.example/node:24');
  });

  it('pins every image that a Dockerfile starts from', () => {
    const images = ['Dockerfile', 'deploy/collector.Dockerfile'].flatMap(baseImages);
    expect(images).toContain('node:24-slim');
    expect(images.filter((image) => !/^[\w./-]+:v?\d[\w.-]*$/.test(image))).toEqual([]);
  });

  it('gives mcpspan the time it needs to drain, and to send its last telemetry', () => {
    const { raw } = service('mcpspan');
    const image = environment(finalStage('Dockerfile'));
    const needed = Number(image['MCPSPAN_DRAIN_DELAY']) + Number(image['MCPSPAN_DRAIN_SECONDS']) + 3;
    expect(needed).toBeGreaterThan(30);
    expect(seconds(at(raw, 'stop_grace_period'))).toBeGreaterThan(needed);
  });

  it('starts mcpspan whether or not the collector is well', () => {
    expect(dependencies(service('mcpspan'))).toEqual({ collector: 'service_started' });
  });

  it('knows no circle of services that wait for each other', () => {
    const all = new Map(services().map((one) => [one.name, Object.keys(dependencies(one))]));
    const reach = (name: string, seen: readonly string[]): void => {
      expect(seen).not.toContain(name);
      for (const next of all.get(name) ?? []) reach(next, [...seen, name]);
    };
    expect(all.size).toBe(8);
    for (const name of all.keys()) reach(name, []);
  });
});

/** How many simulators there are. */
function simulators(values: Values = {}): unknown {
  const { raw } = service('simulator', values);
  const [file, name] = ['file', 'service'].map((key) => text(at(raw, 'extends', key)));
  return at(readYaml(file ?? ''), 'services', name ?? '', 'scale');
}

describe('without UPSTREAM', () => {
  it('mcpspan stands before the simulated server, and the simulated clients call it', () => {
    expect(service('mcpspan').environment['MCPSPAN_UPSTREAM']).toBe('http://simulator:3000/mcp');
    expect(service('simulator').environment['SIMULATOR_TARGET']).toBe('http://mcpspan:4100/mcp');
    expect(simulators()).toBe(1);
  });
});

describe(`with UPSTREAM=${UPSTREAM}`, () => {
  it('mcpspan stands before that server, which it can reach, and nothing is simulated', () => {
    const mcpspan = service('mcpspan', { UPSTREAM });
    expect(mcpspan.environment['MCPSPAN_UPSTREAM']).toBe(UPSTREAM);
    expect(texts(at(mcpspan.raw, 'extra_hosts'))).toEqual(['host.docker.internal:host-gateway']);
    // Not left out: it would go on where it runs already, and its clients would call that server.
    expect(simulators({ UPSTREAM })).toBe(0);
  });

  it('changes nothing else', () => {
    const plain = services().filter(({ name }) => !OURS.includes(name));
    expect(services({ UPSTREAM }).filter(({ name }) => !OURS.includes(name))).toEqual(plain);
  });
});

describe('.dockerignore and mounted files', () => {
  it('are files, not folders that Docker would make for what is missing', () => {
    const files = services().flatMap(({ mounts }) => mounts.filter((mount) => /\.\w+$/.test(mount.source)));
    expect(files.length).toBeGreaterThan(5);
    for (const { source } of files) expect(statSync(join(root, source)).isFile(), source).toBe(true);
  });
});
