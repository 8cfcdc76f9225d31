import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/commands/config-check.ts';
import { parseConfig } from '../../src/settings/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'mcpspan-check-'));
afterAll(() => rmSync(folder, { recursive: true }));
const FILE = join(folder, 'mcpspan.yaml');

/** Runs `mcpspan config check` over a file. */
function check(yaml: string, args: readonly string[] = [FILE], env: Record<string, string> = {}) {
  writeFileSync(FILE, yaml);
  const parsed = parseConfig(['config', 'check', ...args], { HOME: '/home/me', MCPSPAN_STORE: 'off', ...env });
  if (!parsed.ok || parsed.command !== 'config') throw new Error(parsed.ok ? parsed.command : parsed.problems.join());
  let text = '';
  const told: string[] = [];
  const out = { columns: undefined, colours: false, write: (more: string) => void (text += more) };
  const code = checkConfig(parsed.config, { out, tell: (line) => void told.push(line) });
  return { code, text, told };
}

const YAML = `
page: off
capture: errors
servers:
  - name: quiz
    upstream: http://quiz:3000/mcp
    path: /quiz
  - name: docs
    upstream: https://docs.example:8443/mcp
    host: docs.example.com
    capture: none
  - name: old
    upstream: http://10.0.0.7:3000/sse
    listen: 127.0.0.1:4110
    tools: [grade, submit]
    hash-ids: true
`;

describe('mcpspan config check', () => {
  it('shows where clients connect, which upstream they reach, and what is not at its default', () => {
    const { code, text, told } = check(YAML, [FILE], { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' });
    expect(told).toEqual([]);
    expect(code).toBe(0);
    expect(text.split('\n').map((line) => line.trimEnd())).toEqual([
      'server  clients connect at                upstream                       options',
      'quiz    http://127.0.0.1:4100/quiz        http://quiz:3000/mcp           capture: errors',
      'docs    http://docs.example.com:4100/mcp  https://docs.example:8443/mcp',
      'old     http://127.0.0.1:4110/sse         http://10.0.0.7:3000/sse       tools: grade,submit; capture: errors; hash-ids: true',
      '',
      'page     off',
      'health   off',
      'store    off',
      'traces   http://collector:4318/v1/traces (http/protobuf)',
      'metrics  http://collector:4318/v1/metrics (http/protobuf)',
      'logs     http://collector:4318/v1/logs (http/protobuf)',
      '',
      `Nothing is wrong with it. To run it: mcpspan --config ${FILE}`,
      '',
    ]);
  });

  it('says the same as JSON', () => {
    const { code, text } = check(YAML, [FILE, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({
      file: FILE,
      problems: [],
      servers: [
        {
          name: 'quiz',
          url: 'http://127.0.0.1:4100/quiz',
          upstream: 'http://quiz:3000/mcp',
          options: { capture: 'errors' },
        },
        { name: 'docs', url: 'http://docs.example.com:4100/mcp', options: {} },
        { name: 'old', options: { tools: 'grade,submit', capture: 'errors', 'hash-ids': 'true' } },
      ],
      page: null,
      traces: null,
    });
  });

  it('says every problem, and ends with 2', () => {
    const wrong = 'pgae: off\nservers:\n  - upstream: x\n';
    const expected = [
      `${FILE}:1: pgae is unknown; did you mean page?`,
      expect.stringContaining(`${FILE}:3: servers[0].upstream: `),
    ];
    const { code, text, told } = check(wrong);
    expect({ code, text }).toEqual({ code: 2, text: '' });
    expect(told).toEqual(expected.map((each) => (typeof each === 'string' ? `mcpspan: ${each}` : each)));
    const json = check(wrong, [FILE, '--json']);
    expect(json).toMatchObject({ code: 2, told: [] });
    expect(JSON.parse(json.text)).toEqual({ file: FILE, problems: expected });
  });

  it('reads the file as the proxy would with these flags and variables', () => {
    expect(check(YAML, [FILE, '--listen', '127.0.0.1:4300']).text).toContain('http://127.0.0.1:4300/quiz');
    expect(check(YAML, [FILE, '--listen', 'here']).told.join('\n')).toContain("--listen: 'here' is not HOST:PORT");
    expect(check(YAML, [FILE, '--since', '2h']).told.join('\n')).toContain('--since belongs to: mcpspan sessions');
    expect(check(YAML, [FILE, '--lisen', '1']).told.join('\n')).toContain('did you mean --listen?');
    expect(check(YAML, [], { MCPSPAN_CONFIG: FILE }).code).toBe(0);
  });

  it('says what of the file has no effect', () => {
    const file = `page: off\nstore-days: 3\nhealth: off\n${YAML.replace('page: off', '')}`;
    const args = [FILE, '--page', 'off', '--store-days', '4'];
    const { code, text } = check(file, args, { MCPSPAN_CAPTURE: 'uris', MCPSPAN_HEALTH: '' });
    expect(code).toBe(0);
    expect(text.match(/^.*has no effect.*$/gm)).toEqual([
      `${FILE}:2: store-days has no effect: --store-days says something else, and comes before the file`,
      `${FILE}:6: capture has no effect: MCPSPAN_CAPTURE says something else, and comes before the file`,
    ]);
    expect(JSON.parse(check(file, [...args, '--json']).text)).toMatchObject({
      notes: [expect.stringContaining('store-days has no effect')],
    });
  });

  it.each([[['config']], [['config', 'check']], [['config', 'chek', FILE]], [['config', 'check', FILE, 'more']]])(
    'asks for a file after %j',
    (argv) => {
      expect(parseConfig(argv, {})).toEqual({ ok: false, problems: ['which file? mcpspan config check FILE'] });
    },
  );
});
