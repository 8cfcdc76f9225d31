import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parseConfig } from '../../../src/settings/config.ts';
import { startQuizServer } from '../../support/quiz-server.ts';
import { httpServer } from '../../support/listen.ts';
import { startDualEraServer } from '../../support/dual-era-server.ts';
import { startTlsInFrontOf } from '../../support/tls-front.ts';
import { temporaryFolder } from '../../store/store-rig.ts';
import { runDoctor, type Examined } from './doctor-run.ts';

const scratch = temporaryFolder();
afterAll(() => scratch[Symbol.dispose]());

function examine(lines: readonly string[], json = true): Promise<Examined> {
  const file = join(mkdtempSync(scratch.in('doctor-')), 'mcpspan.yaml');
  writeFileSync(file, ['listen: 127.0.0.1:0', 'page: off', 'store: off', ...lines, ''].join('\n'));
  return runDoctor({ json, file: { file, source: { given: new Map(), env: {} }, problems: [] } });
}

it('looks at each server of a file, as it would be served, in a section of its own', async () => {
  await using server = await startDualEraServer();
  const gone = await httpServer(() => undefined);
  await gone.close();
  await using taken = await httpServer((_request, response) => void response.end());
  const { code, checks } = await examine([
    'servers:',
    `  - { name: quiz, path: /quiz, upstream: '${server.url}' }`,
    `  - { name: docs, upstream: '${gone.url}/mcp', listen: '127.0.0.1:${taken.port}' }`,
  ]);
  const of = (section: string) => checks.filter((check) => check.section === section);
  expect(of('This machine').filter(({ what }) => what === '--listen')).toMatchObject([
    { state: 'ok', found: '127.0.0.1:0: any free port' },
    { state: 'problem', found: `127.0.0.1:${taken.port} is in use` },
  ]);
  expect(of('Upstream of quiz').find(({ what }) => what === 'through mcpspan')).toMatchObject({ state: 'ok' });
  expect(of('Upstream of docs')).toMatchObject([{ what: 'upstream', state: 'problem' }]);
  expect(checks.filter(({ section }) => section === 'Upstream')).toEqual([]);
  expect(code).toBe(1);
});

it('uses the certificates of each server for that server alone', async () => {
  await using server = await startQuizServer();
  await using front = await startTlsInFrontOf(server.url);
  const own = Object.entries(front.certificates).map(([name, path]) => `${name}: '${path}'`);
  const { checks } = await examine([
    'servers:',
    `  - { name: trusted, path: /a, upstream: '${front.url}', ${own.join(', ')} }`,
    `  - { name: stranger, path: /b, upstream: '${front.url}' }`,
  ]);
  const state = (name: string, what: string) =>
    checks.find((check) => check.section === `Upstream of ${name}` && check.what === what)?.state;
  expect([state('trusted', 'upstream'), state('trusted', 'through mcpspan')]).toEqual(['ok', 'ok']);
  expect(state('stranger', 'upstream')).toBe('problem');
});

it('tells what is wrong with the file, and looks at nothing', async () => {
  const { code, told, text } = await examine(['servers:', '  - { name: quiz }', 'listn: x']);
  expect(told).toHaveLength(2);
  expect(told[0]).toMatch(/^mcpspan: .*mcpspan\.yaml:5: servers\[0\] has no upstream/);
  expect([code, text]).toEqual([2, '']);
});

it('takes the file of a flag or of the variable, where no server is named on the command line', () => {
  const fileOf = (args: readonly string[], env: Record<string, string> = {}): string | undefined => {
    const parsed = parseConfig(['doctor', ...args], env);
    if (!parsed.ok || parsed.command !== 'doctor') throw new Error('these arguments run the doctor');
    return parsed.config.file?.file;
  };
  expect(fileOf(['--config', '/etc/flag.yaml'], { MCPSPAN_CONFIG: '/etc/variable.yaml' })).toBe('/etc/flag.yaml');
  expect(fileOf([], { MCPSPAN_CONFIG: '/etc/variable.yaml' })).toBe('/etc/variable.yaml');
  expect(fileOf(['--upstream', 'http://localhost:1'], { MCPSPAN_CONFIG: '/etc/variable.yaml' })).toBeUndefined();
  expect(fileOf([])).toBeUndefined();
});
