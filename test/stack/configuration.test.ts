import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { binary } from './support/programs.ts';
import { agentConfig } from './support/two-tiers.ts';
import { scratch } from './support/scratch.ts';
import { shipped } from './support/shipped.ts';

// Do the programs take the files that we ship for them?

const run = promisify(execFile);

describe('the collector', () => {
  const check = async (...files: string[]): Promise<unknown> => {
    await using disk = await scratch('validate');
    const args = ['validate', ...files.flatMap((file) => ['--config', file])];
    return run(binary('otelcol'), args, { env: { COLLECTOR_QUEUE: disk.folder } });
  };

  it.each(['otel-collector-config.yaml', 'deploy/otel-collector-gateway.yaml'])('takes %s', async (file) => {
    await check(shipped(file));
  });

  it('takes deploy/otel-collector-agent.yaml', async () => {
    await using disk = await scratch('agent');
    await check(await agentConfig(disk));
  });

  it('takes deploy/otel-collector-collect.yaml beside another file', async () => {
    await check(shipped('otel-collector-config.yaml'), shipped('deploy/otel-collector-collect.yaml'));
  });

  it('takes the lines of docs/collect.md beside another file', async () => {
    const lines = /```yaml\n([^`]+)```/.exec(await readFile(shipped('docs/collect.md'), 'utf8'))?.[1] ?? '';
    expect(lines).toContain('filter/mcp');
    await check(shipped('otel-collector-config.yaml'), `yaml:${lines}`);
  });

  it('refuses what is misspelt', async () => {
    await using disk = await scratch('misspelt');
    const file = await disk.copy(shipped('otel-collector-config.yaml'), { span_metrics: 'spam_metrics' });
    await expect(check(file)).rejects.toThrow('spam_metrics');
  });
});

describe('Prometheus', () => {
  it('takes deploy/prometheus.yml with the rules beside it', async () => {
    await using disk = await scratch('prometheus');
    const config = await disk.copy(shipped('deploy/prometheus.yml'), {});
    await disk.copy(shipped('grafana/alerts/mcpspan.rules.yml'), {});
    const { stdout } = await run(binary('promtool'), ['check', 'config', '--lint-fatal', config]);
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
  });
});

describe('Alertmanager', () => {
  it('takes deploy/alertmanager.yml', async () => {
    const { stdout } = await run(binary('amtool'), ['check-config', shipped('deploy/alertmanager.yml')]);
    expect(stdout).toContain('SUCCESS');
  });

  it.each([
    { about: 'one client', labels: ['alertname=McpHandshakePerCall', 'mcpspan_server=quiz', 'mcpspan_client=chatgpt'] },
    { about: 'nobody in particular', labels: ['alertname=McpspanSilent'] },
  ])('leads an alert about $about to the inbox', async ({ labels }) => {
    const args = ['config', 'routes', 'test', `--config.file=${shipped('deploy/alertmanager.yml')}`, ...labels];
    expect((await run(binary('amtool'), args)).stdout.trim()).toBe('inbox');
  });
});

describe('Docker Compose', () => {
  /** What it makes of the file, in JSON. */
  const resolved = async (env: Readonly<Record<string, string>> = {}): Promise<Compose> => {
    const { stdout } = await run(binary('compose'), [shipped('docker-compose.yml')], {
      cwd: shipped('.'),
      env: { ...env },
    });
    // The Compose specification's own shape.
    return JSON.parse(stdout) as Compose;
  };
  interface Compose {
    readonly services: Readonly<Record<string, { environment?: Readonly<Record<string, string>>; scale?: number }>>;
  }

  it('takes docker-compose.yml', async () => {
    const { services } = await resolved();
    expect(Object.keys(services).toSorted()).toEqual([
      'alertmanager',
      'collector',
      'grafana',
      'jaeger',
      'mcpspan',
      'prometheus',
      'simulator',
      'tempo',
    ]);
    expect(services['mcpspan']?.environment).toMatchObject({ MCPSPAN_UPSTREAM: 'http://simulator:3000/mcp' });
    expect(services['simulator']?.scale).toBe(1);
  });

  it("takes it with the user's own server", async () => {
    const UPSTREAM = 'http://host.docker.internal:3000/mcp';
    const { services } = await resolved({ UPSTREAM });
    expect(services['mcpspan']?.environment).toMatchObject({ MCPSPAN_UPSTREAM: UPSTREAM });
    expect(services['simulator']?.scale).toBe(0);
  });

  it('refuses what is misspelt', async () => {
    await using disk = await scratch('compose');
    const file = await disk.copy(shipped('docker-compose.yml'), {
      healthcheck: 'healthchek',
      'deploy/simulation.yml': shipped('deploy/simulation.yml'),
    });
    await expect(run(binary('compose'), [file])).rejects.toThrow('healthchek');
  });
});
