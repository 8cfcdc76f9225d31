import { expect, it } from 'vitest';
import { parseConfig } from '../../src/settings/config.ts';
import { at, fields, readText, readYaml } from './yaml.ts';

const COMPOSED = fields(at(readYaml('deploy/collect/docker-compose.yml'), 'services'));

it('docker-compose.yml for collect starts it as its command line says, with the token that the Collector sends', () => {
  const { command, environment } = fields(COMPOSED['collect']);
  const env = { ...fields(environment), MCPSPAN_HEALTH: '0.0.0.0:4102' };
  // Each is a text in that file.
  const parsed = parseConfig(command as string[], env as Record<string, string>);
  expect(parsed).toMatchObject({ ok: true, command: 'collect', config: { otlp: { host: '0.0.0.0', port: 4319 } } });
  const collector = fields(at(COMPOSED['collector'], 'environment'));
  expect(collector['COLLECT_TOKEN']).toBe(fields(environment)['MCPSPAN_OTLP_TOKEN']);
  expect(collector['COLLECT_ENDPOINT']).toBe('http://collect:4319');
  for (const name of Object.keys(collector))
    expect(readText('deploy/otel-collector-collect.yaml')).toContain(`\${env:${name}:-`);
});
