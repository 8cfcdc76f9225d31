import { describe, expect, it } from 'vitest';
import { readProxyConfig } from '../../src/settings/config-file.ts';
import { join } from 'node:path';
import { listeners } from './listeners.ts';
import { at, fields, readYaml, root, text } from './yaml.ts';

const FOLDER = 'deploy/several';
const COMPOSED = fields(at(readYaml(`${FOLDER}/docker-compose.yml`), 'services'));

describe('docker-compose.yml for several servers', () => {
  const read = readProxyConfig(join(root, FOLDER, 'mcpspan.yaml'), { given: new Map(), env: {} });
  const servers = read.ok ? read.config.servers : [];

  it('has mcpspan read a configuration that is right, from the folder that is mounted', () => {
    expect(read).toMatchObject({ ok: true, notes: [] });
    expect(servers.map(({ name }) => name)).toEqual(['quiz', 'docs']);
    const mcpspan = COMPOSED['mcpspan'];
    expect(at(mcpspan, 'volumes')).toEqual([`./${FOLDER}:/etc/mcpspan:ro`]);
    expect(at(mcpspan, 'environment')).toEqual({
      MCPSPAN_CONFIG: '/etc/mcpspan/mcpspan.yaml',
      // What docker-compose.yml sets would be a second word on the same.
      MCPSPAN_UPSTREAM: '',
      MCPSPAN_NAME: '',
    });
  });

  it('has a simulator behind each server, whose clients call it by its path', () => {
    const simulators = Object.keys(COMPOSED).filter((name) => name !== 'mcpspan');
    const port = listeners().get('simulator')?.[0];
    expect(servers.map(({ upstream }) => upstream.host).toSorted()).toEqual(
      simulators.map((name) => `${name}:${port}`).toSorted(),
    );
    for (const { upstream, path } of servers) {
      const target = text(at(COMPOSED[upstream.hostname], 'environment', 'SIMULATOR_TARGET'));
      expect(new URL(target).pathname).toBe(path);
    }
  });
});
