import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { parse, stringify } from 'yaml';
import { afterAll, describe, expect, it } from 'vitest';
import { configSchema, SCHEMA_URL, schemaText } from '../../schema/config-schema.ts';
import { readProxyConfig } from '../../src/settings/config-file.ts';
import { SERVER_OPTIONS } from '../../src/settings/server-config.ts';
import { PROCESS_OPTIONS } from '../../src/settings/written-options.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'mcpspan-schema-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictTypes: false });
const validate = ajv.compile(configSchema());

/** What mcpspan itself says of a file; a file of the example that is not here is no fault of the example. */
function problemsOf(text: string): readonly string[] {
  const file = join(folder, 'mcpspan.yaml');
  writeFileSync(file, text);
  const read = readProxyConfig(file, { given: new Map(), env: { HOME: '/home/me' } });
  return read.ok ? [] : read.problems.filter((problem) => !problem.includes('does not exist'));
}

it('schema/config.schema.json is what npm run schema:build writes', () => {
  expect(readFileSync(join(root, 'schema/config.schema.json'), 'utf8')).toBe(schemaText());
});

describe('the schema', () => {
  it('is one of draft 7', () => {
    expect(ajv.validateSchema(configSchema())).toBe(true);
    expect(configSchema()['$schema']).toBe('http://json-schema.org/draft-07/schema#');
  });

  it('says of each option what it means', () => {
    // True: the schema above is made of such parts.
    const definitions = configSchema()['definitions'] as Record<string, { description?: string }>;
    for (const name of [...PROCESS_OPTIONS, ...SERVER_OPTIONS])
      expect(definitions[name]?.description, name).toMatch(/\w/);
    expect(definitions['hash-ids']?.description).toBe('hash session, conversation and call ids in every signal');
  });
});

const UPSTREAM = { upstream: 'http://quiz:3000/mcp' };
const top = (key: string, value: unknown) => ({ [key]: value, servers: [UPSTREAM] });
const server = (key: string, value: unknown) => ({ servers: [{ ...UPSTREAM, [key]: value }] });

describe('the schema and mcpspan', () => {
  it.each([
    top('listen', '[::1]:4200'),
    top('listen', 4200),
    top('page', 'off'),
    top('health', '0.0.0.0:8080'),
    top('page-token', 'secret'),
    top('trace-link', 'http://jaeger:16686/trace/{traceId}'),
    top('trace-parent', 'session'),
    top('server-spans', 'off'),
    top('group', ['peer']),
    top('group', 'principal, peer'),
    top('group', []),
    top('capture', 'none'),
    top('capture', ['errors', 'uris']),
    top('tools', ['a', 'b']),
    top('tools', 'a,b'),
    top('conversation-key', ['a/b', 'header:X-Chat']),
    top('hash-ids', true),
    top('drain-seconds', 0.5),
    top('store', 'off'),
    top('store-days', 3),
    top('max-message-bytes', 1_024),
    top('max-message-bytes', '1_048_576'),
    top('observe-credit-bytes', 65_536),
    top('name', 'gateway'),
    server('name', 'quiz'),
    server('path', '/a/b-c.d'),
    server('host', 'docs.example.com'),
    server('host', '[::1]'),
    server('listen', '127.0.0.1:4200'),
    server('upstream-host', 'keep'),
    server('allow-origin', 'https://app.example'),
    server('spans', 'server+client'),
  ])('both take %j', (config) => {
    expect(problemsOf(stringify(config))).toEqual([]);
    expect(validate(config), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each([
    {},
    { servers: [] },
    { servers: [{ name: 'quiz' }] },
    { servers: { quiz: UPSTREAM } },
    top('upstream', 'http://a'),
    top('config', 'other.yaml'),
    top('speed', 3),
    top('listen', 'here'),
    top('listen', [4100]),
    top('page', 'on'),
    top('page', false),
    top('trace-parent', 'mine'),
    top('group', ['people']),
    top('capture', 'errors,all'),
    top('hash-ids', 'maybe'),
    top('hash-ids', null),
    top('drain-seconds', -1),
    top('drain-seconds', 'long'),
    top('threads', 0),
    top('max-message-bytes', 1_023),
    top('observe-credit-bytes', 65_535),
    top('store', ''),
    top('tools', [{ name: 'a' }]),
    server('upstream', 'ftp://a'),
    server('store', 'off'),
    server('page', 'off'),
    server('host', 'https://a'),
    server('host', 'a:1'),
    server('host', '*.example'),
    server('path', 'quiz'),
    server('path', '/'),
    server('path', '/quiz/'),
    server('path', '/a/../b'),
    server('path', '//a'),
    server('path', '/.well-known/x'),
    server('listen', 'off'),
  ])('both refuse %j', (config) => {
    expect(problemsOf(stringify(config))).not.toEqual([]);
    expect(validate(config)).toBe(false);
  });
});

describe('an example of a configuration', () => {
  // What docs/kubernetes.md has are values of the chart, which an apiserver is shown.
  const documents = globSync(['README.md', 'docs/*.md'], { cwd: root }).filter((name) => name !== 'docs/kubernetes.md');
  const examples = documents.flatMap((name) =>
    [...readFileSync(join(root, name), 'utf8').matchAll(/^```yaml\n([^]*?)^```$/gm)]
      .map(([, text = '']) => text)
      .filter((text) => /^servers:/m.test(text))
      .map((text) => [name, text] as const),
  );

  it('is in docs/several-servers.md, and names the schema for editors', () => {
    const ours = examples.filter(([name]) => name === 'docs/several-servers.md');
    expect(ours.length).toBeGreaterThan(3);
    expect(ours[0]?.[1].split('\n')[0]).toBe(`# yaml-language-server: $schema=${SCHEMA_URL}`);
  });

  it.each(examples)('in %s is one: %j', (_name, text) => {
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
    expect(problemsOf(text)).toEqual([]);
  });
});
