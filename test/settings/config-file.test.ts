import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readWords } from '../../src/settings/arguments.ts';
import { parseConfig } from '../../src/settings/config.ts';
import { readProxyConfig } from '../../src/settings/config-file.ts';
import type { ProxyConfig } from '../../src/settings/server-config.ts';
import { makeCertificate } from '../support/certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'mcpspan-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
const FILE = join(folder, 'mcpspan.yaml');

const readFile = (path: string, flags: readonly string[] = [], env: Record<string, string> = {}) =>
  readProxyConfig(path, { given: readWords(flags).given, env: { HOME: '/home/me', ...env } });

function reading(yaml: string | Uint8Array, flags: readonly string[] = [], env: Record<string, string> = {}) {
  writeFileSync(FILE, yaml);
  return readFile(FILE, flags, env);
}

function config(yaml: string, flags: readonly string[] = [], env: Record<string, string> = {}): ProxyConfig {
  const read = reading(yaml, flags, env);
  if (!read.ok) throw new Error(read.problems.join('\n'));
  return read.config;
}

/** Without the path of the file. */
function problems(yaml: string | Uint8Array, flags: readonly string[] = [], env: Record<string, string> = {}) {
  const read = reading(yaml, flags, env);
  return read.ok ? [] : read.problems.map((text) => text.replaceAll(FILE, 'FILE'));
}

const ONE = 'servers:\n  - upstream: http://quiz:3000/mcp\n';

describe('a configuration file', () => {
  it('says what options say, and which servers there are', () => {
    const read = config(`
listen: 127.0.0.1:4200
page: off
health: 4102
store: off
store-days: 3
capture: [errors, uris]
servers:
  - name: quiz
    upstream: http://quiz:3000/mcp
    path: /quiz
  - name: docs
    upstream: https://docs.example:8443/mcp
    host: Docs.Example.com
    capture: none
  - name: old
    upstream: http://10.0.0.7:3000/sse
    listen: '[::1]:4110'
    tools: [grade, submit]
    hash-ids: true
`);
    expect(read).toMatchObject({
      name: 'mcpspan',
      config: FILE,
      listen: { host: '127.0.0.1', port: 4200 },
      page: undefined,
      health: { host: '127.0.0.1', port: 4102 },
      store: undefined,
      'store-days': 3,
      'drain-seconds': 10,
    });
    const listen = { host: '127.0.0.1', port: 4200 };
    expect(read.servers).toMatchObject([
      { name: 'quiz', path: '/quiz', host: undefined, listen, capture: ['errors', 'uris'], tools: [] },
      { name: 'docs', host: 'docs.example.com', path: undefined, listen, capture: [] },
      {
        name: 'old',
        host: undefined,
        path: undefined,
        listen: { host: '::1', port: 4110 },
        tools: ['grade', 'submit'],
      },
    ]);
    expect(read.servers.map(({ upstream }) => upstream.href)).toEqual([
      'http://quiz:3000/mcp',
      'https://docs.example:8443/mcp',
      'http://10.0.0.7:3000/sse',
    ]);
    expect(read.servers.map((server) => server['hash-ids'])).toEqual([false, false, true]);
    expect(read).not.toHaveProperty('capture');
  });

  it('takes values in every way that YAML has for them', () => {
    const read = config(`
drain-seconds: 0.5
spool-max-mb: 0x10
observe-credit-bytes: 1_000_000
servers:
  - { upstream: "http://a/mcp", hash-ids: True, tools: 'x, y', conversation-key: ["a/b", header:X-Chat], name: 007, group: [] }
  - &b
    upstream: http://b/mcp
    path: /b
    tools: &tools [1.50, on, null-1]
    group: [peer, principal]
  - upstream: http://c/mcp
    path: /c
    tools: *tools
    conversation-key: single/one
`);
    expect(read).toMatchObject({ 'drain-seconds': 0.5, 'spool-max-mb': 16, 'observe-credit-bytes': 1_000_000 });
    expect(read.servers).toMatchObject([
      { 'hash-ids': true, tools: ['x', 'y'], 'conversation-key': ['a/b', 'header:X-Chat'], name: '007', group: [] },
      { tools: ['1.50', 'on', 'null-1'], group: ['peer', 'principal'] },
      { tools: ['1.50', 'on', 'null-1'], 'conversation-key': ['single/one'] },
    ]);
  });

  it('may be JSON', () => {
    expect(config('{"page": "off", "servers": [{"upstream": "http://a/mcp", "tools": ["x"]}]}')).toMatchObject({
      page: undefined,
      servers: [{ name: 'a', tools: ['x'] }],
    });
  });

  it('means its own folder by a relative path, and nothing else by words', () => {
    const { cert, key } = makeCertificate({ name: 'localhost' });
    mkdirSync(join(folder, 'tls'), { recursive: true });
    writeFileSync(join(folder, 'tls/both.pem'), `${cert}${key}`);
    const read = config(`
store: var/store.db
spool: memory
tls-cert: tls/both.pem
tls-key: ./tls/both.pem
servers:
  - upstream: https://a/mcp
    upstream-ca: tls/both.pem
`);
    expect(read).toMatchObject({ store: join(folder, 'var/store.db'), spool: 'memory' });
    expect(read['tls-cert']).toBe(join(folder, 'tls/both.pem'));
    expect(read.servers[0]?.['upstream-ca']).toBe(join(folder, 'tls/both.pem'));
    expect(problems(`store: ~/store.db\n${ONE}`)).toEqual([
      "FILE:1: store: '~' is a matter of shells: write out the home folder",
    ]);
  });
});

describe('what a file says', () => {
  const yaml = `
drain-seconds: 3
capture: errors
tools: [a]
servers:
  - upstream: http://a/mcp
    path: /a
  - upstream: http://b/mcp
    path: /b
    capture: uris
    tools: [b]
`;
  it('comes after flags and variables, and before defaults', () => {
    expect(config(yaml)['drain-seconds']).toBe(3);
    expect(config(yaml, [], { MCPSPAN_DRAIN_SECONDS: '5' })['drain-seconds']).toBe(5);
    expect(config(yaml, ['--drain-seconds', '7'], { MCPSPAN_DRAIN_SECONDS: '5' })['drain-seconds']).toBe(7);
    expect(config(yaml)['store-days']).toBe(7);
  });

  it('of a server comes before what is said for all of them, wherever that is said', () => {
    const captures = (flags: readonly string[] = [], env: Record<string, string> = {}) =>
      config(yaml, flags, env).servers.map(({ capture }) => capture.join());
    expect(captures()).toEqual(['errors', 'uris']);
    expect(captures([], { MCPSPAN_CAPTURE: 'results' })).toEqual(['results', 'uris']);
    expect(captures(['--capture', 'arguments'], { MCPSPAN_CAPTURE: 'results' })).toEqual(['arguments', 'uris']);
    // A list replaces another; it is not added to it.
    expect(config(yaml).servers.map(({ tools }) => tools)).toEqual([['a'], ['b']]);
    expect(config(yaml, ['--tools', 'c']).servers.map(({ tools }) => tools)).toEqual([['c'], ['b']]);
  });

  it('names the process, or its only server', () => {
    expect(config(yaml).name).toBe('mcpspan');
    expect(config(`name: gateway\n${yaml}`).name).toBe('gateway');
    expect(config(`name: gateway\n${yaml}`).servers.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(config(ONE)).toMatchObject({ name: 'quiz:3000', servers: [{ name: 'quiz:3000' }] });
    expect(config(ONE, ['--name', 'mine'])).toMatchObject({ name: 'mine', servers: [{ name: 'mine' }] });
    expect(config(`${ONE}    name: own\n`, ['--name', 'mine'])).toMatchObject({
      name: 'own',
      servers: [{ name: 'own' }],
    });
  });

  it('about TLS to upstreams is for those that speak it', () => {
    const { cert } = makeCertificate({ name: 'localhost' });
    writeFileSync(join(folder, 'ca.pem'), cert);
    const two = `
upstream-ca: ca.pem
servers:
  - upstream: http://a/mcp
    path: /a
  - upstream: https://b/mcp
    path: /b
`;
    expect(config(two).servers.map((server) => server['upstream-ca'])).toEqual([undefined, join(folder, 'ca.pem')]);
  });
});

describe('a mistake', () => {
  it.each([
    ['', 'FILE: it is empty: write servers: with - upstream: http://localhost:3000/mcp below it'],
    ['# nothing yet\n', 'FILE: it is empty'],
    ['servers', 'FILE:1: this is no key with a value: begin with servers:'],
    ['{}', 'FILE: it names no server: write servers: with - upstream:'],
    ['page: off\n', 'FILE: it names no server: write servers:'],
    ['page: off\nservers:\n', 'FILE:2: servers names no server: write each server after a dash, as - upstream: …'],
    ['servers: []\n', 'FILE:1: servers names no server'],
    ['servers:\n  quiz:\n    upstream: http://a/\n', 'FILE:1: servers is no list: write each server after a dash'],
    ['servers:\n  - http://a/mcp\n', 'FILE:2: servers[0] has no keys: write - upstream: http://localhost:3000/mcp'],
    ['servers:\n  - name: a\n', 'FILE:2: servers[0] has no upstream: add upstream:'],
    ['servers:\n  - upstrem: http://a\n', 'FILE:2: servers[0].upstrem is unknown; did you mean upstream?'],
    ['servers:\n  - upstream: ftp://a\n', "FILE:2: servers[0].upstream: 'ftp://a' is neither http: nor https:"],
    [`${ONE}    stroe: x\n`, 'FILE:3: servers[0].stroe is unknown: a server takes the keys in docs/several-servers.md'],
    [`${ONE}    store: x\n`, 'FILE:3: servers[0].store is for the whole process: move it to the top level'],
    [`${ONE}    upstreamHost: keep\n`, 'FILE:3: servers[0].upstreamHost is unknown; did you mean upstream-host?'],
    [`upstream: http://a\n${ONE}`, 'FILE:1: upstream is for a server: write it under servers, as - upstream: …'],
    [`path: /a\n${ONE}`, 'FILE:1: path is for a server'],
    [`server: x\n${ONE}`, 'FILE:1: server is unknown; did you mean servers?'],
    [`speed: 3\n${ONE}`, 'FILE:1: speed is no option of the proxy: leave it out'],
    [`config: x\n${ONE}`, 'FILE:1: config is no option of the proxy: leave it out'],
    [`x-anchors: 3\n${ONE}`, 'FILE:1: x-anchors is unknown: the top level takes the keys in docs/several-servers.md'],
    [`<<: { page: off }\n${ONE}`, 'FILE:1: << is unknown: what all servers share goes to the top level'],
    [`page:\n${ONE}`, 'FILE:1: page: it has no value: give HOST:PORT|off, or leave it out'],
    [`hash-ids: ''\n${ONE}`, 'FILE:1: hash-ids: it has no value: give true or false, or leave it out'],
    [`page: false\n${ONE}`, "FILE:1: page: 'false' is not HOST:PORT"],
    [`threads: [1]\n${ONE}`, 'FILE:1: threads: it is a list: give N alone'],
    [`tools:\n  a: b\n${ONE}`, 'FILE:1: tools: it has keys of its own: give LIST'],
    [`tools:\n  - a\n  - [b]\n${ONE}`, 'FILE:1: tools: line 3 holds no single value: give a list of words'],
    [`capture: [errors, everything]\n${ONE}`, "FILE:1: capture: 'everything' is not one of errors, arguments"],
    [`page: 0.0.0.0:4101\n${ONE}`, 'FILE:1: page: 0.0.0.0:4101 can be reached from elsewhere: give --page-token'],
    [`tls-cert: none.pem\n${ONE}`, 'FILE:1: tls-cert needs tls-key too'],
    [`${ONE}    upstream-ca: none.pem\n`, 'FILE:3: servers[0].upstream-ca is for an https upstream, and http://quiz'],
    [
      'servers:\n  - upstream: https://a\n    upstream-ca: none.pem\n',
      `FILE:3: servers[0].upstream-ca: ${join(folder, 'none.pem')} does not exist: correct the path`,
    ],
    ['servers: [\n', 'FILE:2: the YAML is wrong at column 1: '],
    ['servers:\n\t- a\n', 'FILE:2: the YAML is wrong at column 1: Tabs are not allowed as indentation'],
    [`page: !address off\n${ONE}`, 'FILE:1: the YAML is wrong at column 7: Unresolved tag: !address'],
    [`page: off\n${ONE}page: off\n`, 'FILE:4: page stands in line 1 too: keep one of them'],
    [`page: *none\n${ONE}`, 'FILE:1: nothing is called &none: correct the name after *'],
    [`${ONE}---\npage: off\n`, 'FILE:3: a second document begins here: keep one, without ---'],
  ])('is told with its line and its cure: %j', (yaml, expected) => {
    expect(problems(yaml).join('\n')).toContain(expected);
  });

  it.each([
    ['host', 'https://a.example', 'is a URL: write its host alone, such as docs.example.com'],
    ['host', 'a.example:443', 'has a port, and requests for every port are meant: write a.example'],
    ['host', 'a.example:80', 'has a port, and requests for every port are meant: write a.example'],
    ['host', '"*.example"', 'is no host name, for example docs.example.com'],
    ['host', 'a/b', 'is no host name'],
    ['host', '::1', 'is no host name'],
    ['host', '[a]', 'it has no single value: give one, or leave it out'],
    ['path', 'quiz', 'does not begin with a slash: write a path such as /quiz'],
    ['path', '/', 'is every path: leave it out, or name a path such as /quiz'],
    ['path', '/quiz/', 'ends with a slash: write /quiz'],
    ['path', '/quiz?a=b', 'has a query or a fragment: write the path alone'],
    ['path', '/a/../b', 'is no plain path'],
    ['path', '//a', 'is no plain path'],
    ['path', '/a%20b', 'is no plain path'],
    ['path', '/.well-known/quiz', 'is where metadata of every server are: choose another path'],
    ['listen', 'here', "'here' is not HOST:PORT, for example 127.0.0.1:4100"],
    ['listen', '', 'it has no value: give HOST:PORT, or leave it out'],
  ])('in %s: %s is told', (key, value, expected) => {
    const found = problems(`${ONE}    ${key}: ${value}\n`);
    expect(found).toEqual([expect.stringContaining(expected)]);
    expect(found[0]).toMatch(new RegExp(`^FILE:3: servers\\[0\\]\\.${key}: `));
  });

  it.each([
    ['[::1]', '[::1]'],
    ['Bücher.example', 'xn--bcher-kva.example'],
    ['a.example.', 'a.example'],
    ['10.0.0.1', '10.0.0.1'],
  ])('is not in host: %s, which is %s', (value, expected) => {
    expect(config(`${ONE}    host: "${value}"\n`).servers[0]?.host).toBe(expected);
  });

  it('is told with all others, in the order of the file, after those of flags and variables', () => {
    const found = problems(
      'servers:\n  - upstream: http://a/mcp\n    path: a\n  - nothing\nstore-days: many\npage: 0.0.0.0:1\n',
      ['--drain-seconds', 'long'],
      { MCPSPAN_THREADS: 'x', OTEL_TRACES_SAMPLER: 'y' },
    );
    expect(found.map((text) => text.replace(/(?<=:\d+): .*| .*/, ''))).toEqual([
      '--drain-seconds:',
      'MCPSPAN_THREADS:',
      'OTEL_TRACES_SAMPLER',
      'FILE:3',
      'FILE:4',
      'FILE:5',
      'FILE:6',
    ]);
  });

  it('is an upstream beside the file', () => {
    const cure = 'names one server, and FILE names its own: write it under servers there, or leave one of the two out';
    expect(problems(ONE, ['--upstream', 'http://a'])).toEqual([`--upstream ${cure}`]);
    expect(problems(ONE, [], { MCPSPAN_UPSTREAM: 'http://a' })).toEqual([`MCPSPAN_UPSTREAM ${cure}`]);
  });
});

describe('two servers', () => {
  const two = (one: string, other: string, top = ''): readonly string[] =>
    problems(`${top}servers:\n  - upstream: http://a/mcp\n${one}  - upstream: http://b/mcp\n${other}`);

  it.each([
    ['    path: /a\n', '    path: /b\n'],
    ['    path: /a\n', '    host: a.example\n'],
    ['    path: /a\n    host: a.example\n', '    path: /a\n    host: b.example\n'],
    ['    path: /a\n', '    path: /a\n    host: b.example\n'],
    ['    path: /a\n', '    path: /a/b\n'],
    ['    path: /a\n', '    path: /a\n    listen: 127.0.0.1:4200\n'],
    ['', '    listen: 127.0.0.1:4200\n'],
    ['', '    listen: 127.0.0.2:4100\n'],
    // One of them gets what no other gets.
    ['    path: /a\n', ''],
  ])('may be told apart by %j and %j', (one, other) => {
    expect(two(one, other)).toEqual([]);
  });

  it.each([
    ['', '', 'servers[1] would be found by the requests that find servers[0] (all at 127.0.0.1:4100)'],
    ['    path: /a\n', '    path: /a\n', 'that find servers[0] (path /a at 127.0.0.1:4100): give one of them another'],
    ['    host: A.example\n', '    host: a.example\n', 'that find servers[0] (host a.example at 127.0.0.1:4100)'],
    ['    path: /a\n', '    path: /a\n    listen: 4100\n', '(path /a at 127.0.0.1:4100)'],
    ['    name: a\n    path: /a\n', '    name: a\n    path: /b\n', "servers[1] has the name of servers[0], 'a'"],
    ['    path: /a\n', '    name: a\n    path: /b\n', "servers[1] has the name of servers[0], 'a': give it a name"],
    ['', '    listen: localhost:4100\n', 'servers[1] listens on localhost:4100, where servers[0] is (127.0.0.1:4100)'],
    ['', '    listen: 0.0.0.0:4100\n', 'servers[1] listens on 0.0.0.0:4100, where servers[0] is (127.0.0.1:4100)'],
    ['', '    listen: 127.0.0.1:4101\n', 'servers[1] listens on 127.0.0.1:4101, where the page is (127.0.0.1:4101)'],
  ])('are not told apart by %j and %j', (one, other, expected) => {
    const found = two(one, other).join('\n');
    expect(found).toContain(expected);
    expect(found).toMatch(/^FILE:\d+: servers\[1\]/);
  });

  it('and the page, or health, cannot be at one address', () => {
    expect(two('    path: /a\n', '    path: /b\n', 'health: 4100\n')).toEqual([
      'FILE:3: servers[0] listens on 127.0.0.1:4100, where health is (127.0.0.1:4100): choose another listen',
    ]);
    expect(two('    path: /a\n', '    path: /b\n', 'health: 4101\n')).toEqual([
      'FILE: health and the page are both at 127.0.0.1:4101: move one of them',
    ]);
  });

  it('do not share a name, also where the upstream of one is wrong', () => {
    expect(
      problems('servers:\n  - { name: a, upstream: http://a:1/mcp, path: /a }\n  - { name: a, upstream: "ftp://b" }\n'),
    ).toEqual([
      expect.stringContaining('FILE:3: servers[1].upstream:'),
      "FILE:3: servers[1] has the name of servers[0], 'a': give it a name of its own",
    ]);
  });

  it('are not compared where one of them cannot be read', () => {
    expect(two('    path: a\n', '    path: b\n')).toHaveLength(2);
  });
});

describe('a file that is no configuration', () => {
  it('is told as what it is', () => {
    const found = (path: string) => {
      const read = readFile(path);
      return read.ok ? [] : read.problems;
    };
    expect(found(join(folder, 'none.yaml'))).toEqual([
      `${join(folder, 'none.yaml')}: it does not exist: correct the path`,
    ]);
    expect(found(folder)).toEqual([`${folder}: it is a folder: name a file in it`]);
    expect(found('/dev/zero')).toEqual(['/dev/zero: it is larger than 256 KiB: name a configuration of mcpspan']);
    expect(problems(Uint8Array.of(0x61, 0xff))).toEqual(['FILE: it is not UTF-8: save it as UTF-8']);
  });

  it.each([
    ['lists in lists', '['.repeat(200_000)],
    ['dashes', '- '.repeat(100_000)],
    ['maps in maps', '{a: '.repeat(60_000)],
  ])('is refused at once: %s', (_what, yaml) => {
    expect(problems(yaml)[0]).toMatch(/it has too many levels|the YAML is wrong/);
  });

  it('is refused where its aliases make much of little', () => {
    const laughs = [
      'a: &a [1,1,1,1,1,1,1,1,1]',
      ...'bcdefgh'.split('').map((name, index) => {
        const before = 'abcdefgh'[index];
        return `${name}: &${name} [${`*${before},`.repeat(9)}]`;
      }),
    ].join('\n');
    expect(problems(laughs).join('\n')).toContain('a is unknown');
    expect(problems(`a: &a [${'*a,'.repeat(90)}${'1,'.repeat(2_000)}]\n`).join('\n')).toContain(
      'its aliases make it too large',
    );
    expect(problems(`a: &a 1\nb: [${'*a,'.repeat(101)}]\n`)).toEqual([
      'FILE:1: it has more than 100 aliases: write them out',
    ]);
  });

  it('is read in no more time than its length needs, and not all of its problems are told', () => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `key${index}:`).join('\n');
    const found = problems(keys);
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toBe('FILE: there are 9901 more problems');
  });
});

describe('--config', () => {
  const parse = (argv: readonly string[], env: Record<string, string> = {}) => parseConfig(argv, env);

  it('names a file, which is read later', () => {
    expect(parse(['--config', FILE, '--page', 'off'])).toMatchObject({ ok: true, command: 'configured', file: FILE });
    expect(parse([], { MCPSPAN_CONFIG: FILE })).toMatchObject({ ok: true, command: 'configured', file: FILE });
    expect(parse(['--config', FILE, '--lisen', 'x'])).toMatchObject({
      command: 'configured',
      problems: ['--lisen is unknown; did you mean --listen?'],
    });
  });

  it('is for the proxy, and the doctor, who looks at its servers', () => {
    expect(parse(['demo', '--config', FILE])).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('mcpspan --config FILE')],
    });
    expect(parse(['doctor', '--config', FILE])).toMatchObject({ ok: true, config: { file: { file: FILE } } });
    expect(parse(['--config', FILE, '--', 'npx'])).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('leave it out')],
    });
    expect(parse(['doctor'], { MCPSPAN_CONFIG: FILE })).toMatchObject({ ok: true, command: 'doctor' });
    expect(parse(['--', 'npx'], { MCPSPAN_CONFIG: FILE })).toMatchObject({ ok: true, command: 'stdio' });
  });
});
