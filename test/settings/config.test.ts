import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseConfig, type StdioConfig } from '../../src/settings/config.ts';
import type { ProxyConfig, ServerConfig } from '../../src/settings/server-config.ts';
import { variableOf } from '../../src/settings/read-settings.ts';
import { OPTIONS } from '../../src/settings/options.ts';
import { optionTable } from '../../src/settings/option-table.ts';

const UPSTREAM = ['--upstream', 'http://localhost:3000/mcp'];

/** The settings of a proxy and of its one server. */
function config(args: readonly string[] = [], env: Record<string, string> = {}): ProxyConfig & ServerConfig {
  const parsed = parseConfig([...UPSTREAM, ...args], env);
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  if (parsed.command !== 'proxy') throw new Error(parsed.command);
  const [server] = parsed.config.servers;
  if (server === undefined) throw new Error('there is no server');
  return { ...server, ...parsed.config };
}

function problems(args: readonly string[], env: Record<string, string> = {}): readonly string[] {
  const parsed = parseConfig(args, env);
  return parsed.ok ? [] : parsed.problems;
}

describe('an option', () => {
  it('is its flag, else its variable, else its default', () => {
    expect(config().threads).toBe(1);
    expect(config([], { MCPSPAN_DRAIN_SECONDS: '7' })['drain-seconds']).toBe(7);
    expect(config(['--drain-seconds', '3'], { MCPSPAN_DRAIN_SECONDS: '7' })['drain-seconds']).toBe(3);
    expect(config([], { MCPSPAN_DRAIN_SECONDS: '' })['drain-seconds']).toBe(10);
    expect(config(['--drain-seconds=4'])['drain-seconds']).toBe(4);
  });

  it('has a variable of the same name', () => {
    expect(Object.keys(OPTIONS).map(variableOf)).toContain('MCPSPAN_OBSERVE_CREDIT_BYTES');
    expect(config([], { MCPSPAN_HASH_IDS: 'true', MCPSPAN_CAPTURE: 'errors,uris' })).toMatchObject({
      'hash-ids': true,
      capture: ['errors', 'uris'],
    });
  });

  it.each([
    [['--listen', '4200'], { listen: { host: '127.0.0.1', port: 4200 } }],
    [['--listen', '0.0.0.0:0'], { listen: { host: '0.0.0.0', port: 0 } }],
    [['--listen', '[::1]:4200'], { listen: { host: '::1', port: 4200 } }],
    [['--page', 'off'], { page: undefined }],
    [['--group', 'none'], { group: [] }],
    [['--group', 'principal, peer'], { group: ['principal', 'peer'] }],
    [['--tools', 'a,b', '--tools', 'c'], { tools: ['a', 'b', 'c'] }],
    [
      ['--conversation-key', 'a.b/c', '--conversation-key', 'header:X-Chat'],
      { 'conversation-key': ['a.b/c', 'header:X-Chat'] },
    ],
    [['--hash-ids'], { 'hash-ids': true }],
    [['--max-message-bytes', '1_048_576'], { 'max-message-bytes': 1_048_576 }],
    [['--name', 'quiz'], { name: 'quiz' }],
    [[], { name: 'localhost:3000' }],
  ])('is read from %j', (args, expected) => {
    expect(config(args)).toMatchObject(expected);
  });

  it.each([
    [['--listen', 'here'], "'here' is not HOST:PORT, for example 127.0.0.1:4100"],
    [['--listen', '1:70000'], 'is not HOST:PORT'],
    [['--drain-seconds', '-1'], "'-1' is not a number of seconds"],
    [['--drain-seconds', ''], 'is not a number of seconds'],
    [['--threads', '0'], 'is not a whole number from 1 on'],
    [['--max-message-bytes', '10'], 'is not a whole number from 1024 on'],
    [['--trace-parent', 'mine'], "'mine' is not one of meta, caller, session"],
    [['--capture', 'everything'], "'everything' is not one of errors, arguments, results, uris, none"],
    [['--conversation-key', 'header:a b'], 'is neither a path in _meta nor header:NAME'],
    [['--name', ''], 'it is empty'],
    [['--hash-ids=maybe'], 'is neither true nor false'],
    [['--speed', '3'], '--speed belongs to: mcpspan demo'],
    [['--drain-second', '3'], 'did you mean --drain-seconds?'],
    [['--listen'], '--listen needs a value: --listen HOST:PORT'],
    [['http://other'], "'http://other' is not a command; did you mean --upstream http://other?"],
    [['dmeo'], "'dmeo' is not a command; did you mean demo?"],
    [['npx', 'server'], "'npx' is not a command; to wrap one: mcpspan -- npx"],
  ])('is not read from %j, and what to do is said', (args, problem) => {
    expect(problems([...UPSTREAM, ...args]).join('\n')).toContain(problem);
  });
});

function wrapped(args: readonly string[], env: Record<string, string> = {}): StdioConfig {
  const parsed = parseConfig(args, env);
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  if (parsed.command !== 'stdio') throw new Error(parsed.command);
  return parsed.config;
}

describe('a command after --', () => {
  it('is kept as it is, also what looks like an option of ours', () => {
    const words = ['npx', '--', '--name', 'x', '--help', '', '--listen'];
    expect(wrapped(['--', ...words]).run).toEqual(words);
  });

  it('is named after what it runs, unless it is named', () => {
    expect(wrapped(['--', '/usr/bin/notes', '--flag']).name).toBe('notes');
    expect(wrapped(['--name', 'mine', '--', '/usr/bin/notes']).name).toBe('mine');
    expect(wrapped(['--', 'notes'], { MCPSPAN_NAME: 'ours' }).name).toBe('ours');
  });

  it('comes with the options that have a meaning for it', () => {
    const args = ['--tools', 'a,b', '--hash-ids', '--spool', '/x', '--trace-parent=session'];
    expect(wrapped([...args, '--', 'x'], { MCPSPAN_CAPTURE: 'errors' })).toMatchObject({
      tools: ['a', 'b'],
      'hash-ids': true,
      spool: { path: '/x' },
      'trace-parent': 'session',
      capture: ['errors'],
      warnings: [],
    });
  });

  it('opens no page unless one is asked for', () => {
    const page = { host: '127.0.0.1', port: 4200 };
    expect(wrapped(['--', 'x']).page).toBeUndefined();
    expect(wrapped(['--', 'x'], { MCPSPAN_PAGE: '' }).page).toBeUndefined();
    expect(wrapped(['--page', '4200', '--', 'x']).page).toEqual(page);
    expect(wrapped(['--', 'x'], { MCPSPAN_PAGE: '4200' }).page).toEqual(page);
  });

  it('runs whatever the environment says; what is wrong there is said, and nothing is exported', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' };
    expect(wrapped(['--', 'x'], env)).toMatchObject({ signals: { traces: expect.anything() }, warnings: [] });
    for (const more of [{ OTEL_TRACES_EXPORTER: 'zipkin' }, { OTEL_TRACES_SAMPLER: 'mine' }]) {
      expect(wrapped(['--', 'x'], { ...env, ...more })).toMatchObject({
        signals: { traces: undefined, metrics: undefined, logs: undefined },
        warnings: [expect.stringMatching(/^OTEL_TRACES_.*; until then nothing is exported$/)],
      });
    }
    expect(wrapped(['--', 'x'], { ...env, MCPSPAN_CAPTURE: 'all' })).toMatchObject({
      signals: { traces: expect.anything() },
      capture: [],
      warnings: [expect.stringContaining('MCPSPAN_CAPTURE')],
    });
    expect(wrapped(['--', 'x'], { MCPSPAN_LISTEN: 'here', MCPSPAN_UPSTREAM: 'there' }).warnings).toEqual([]);
  });

  it.each([
    [['--'], 'no command stands after --: mcpspan -- npx -y some-server'],
    [
      ['--upstream', 'http://h/', '--', 'x'],
      '--upstream and a command after -- are two servers: keep the one to watch',
    ],
    [['--listen', '1', '--', 'x'], '--listen is for HTTP: a command after -- has no use for it, leave it out'],
    [['--threads', '2', '--', 'x'], '--threads is for HTTP'],
    [['--allow-host', 'h', '--', 'x'], '--allow-host is for HTTP'],
    [['--health', 'off', '--', 'x'], '--health is for HTTP'],
    [['--drain-seconds', '1', '--', 'x'], '--drain-seconds is for HTTP'],
    [['--propagate', 'off', '--', 'x'], '--propagate is for HTTP'],
    [['--once', '--', 'x'], '--once belongs to: mcpspan demo'],
    [['--name', '--', 'x'], '--name needs a value: --name NAME'],
    [['--nmae', 'a', '--', 'x'], '--nmae is unknown; did you mean --name?'],
    [['npx', '--', 'x'], "'npx' stands before --: what is to be run, and all of it, goes after it"],
    [['--capture', 'all', '--', 'x'], "--capture: 'all' is not one of"],
  ])('is not run with %j, and what to do is said', (args, problem) => {
    expect(problems(args).join('\n')).toContain(problem);
  });

  it('is not what is asked about by a flag before it', () => {
    expect(parseConfig(['--help', '--', 'x'], {})).toEqual({ ok: true, command: 'help', topic: 'stdio' });
    expect(parseConfig(['--', 'x', '--help'], {})).toMatchObject({ ok: true, command: 'stdio' });
  });
});

describe('the upstream', () => {
  it.each([
    ['not a url', 'is not a URL, for example http://localhost:3000/mcp'],
    ['ftp://host/', 'is neither http: nor https:'],
    ['http://user:pw@host/', 'it holds a user name or password'],
  ])('%s is a problem', (url, problem) => {
    const [text = ''] = problems(['--upstream', url]);
    expect(text).toContain(problem);
    expect(text).not.toContain(':pw@');
  });
});

describe('problems', () => {
  it('are told all at once', () => {
    expect(
      problems(['--threads', 'x', '--nope', '--listen', 'y'], { MCPSPAN_GROUP: 'z', OTEL_TRACES_EXPORTER: 'zipkin' }),
    ).toHaveLength(6);
  });
});

describe('what is exported', () => {
  const signals = (env: Record<string, string>) => config([], env).signals;
  const targets = (env: Record<string, string>) => {
    const { traces, metrics, logs } = signals(env);
    return [traces?.target, metrics?.target, logs?.target];
  };

  it('is nothing unless something says where to [OTEL-ENV-1]', () => {
    expect(targets({})).toEqual([undefined, undefined, undefined]);
    expect(targets({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toEqual([undefined, undefined, undefined]);
  });

  it('is all three signals with an endpoint [OTEL-ENV-2]', () => {
    expect(targets({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' })).toEqual([
      'http://collector:4318/v1/traces (http/protobuf)',
      'http://collector:4318/v1/metrics (http/protobuf)',
      'http://collector:4318/v1/logs (http/protobuf)',
    ]);
  });

  it('is what a signal asks for by itself', () => {
    const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://tempo:4318/custom' };
    expect(targets(own)).toEqual(['http://tempo:4318/custom (http/protobuf)', undefined, undefined]);
    expect(targets({ OTEL_METRICS_EXPORTER: 'prometheus' })).toEqual([
      undefined,
      'http://localhost:9464/metrics',
      undefined,
    ]);
    expect(targets({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_LOGS_EXPORTER: 'none' })[2]).toBeUndefined();
  });

  it('is nothing when the SDK is switched off [OTEL-ENV-3]', () => {
    const off = { OTEL_SDK_DISABLED: 'TRUE', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
    expect(targets(off)).toEqual([undefined, undefined, undefined]);
  });

  it('goes by the protocol that is said, the own one first [OTEL-ENV-4]', () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/json',
    };
    expect([signals(env).traces?.protocol, signals(env).logs?.protocol]).toEqual(['grpc', 'http/json']);
  });

  it('is told without user name, password and query', () => {
    expect(targets({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://user:secret@c:4318/otlp?key=secret' })[0]).toBe(
      'https://c:4318/otlp/v1/traces (http/protobuf)',
    );
  });

  it.each([
    [{ OTEL_TRACES_EXPORTER: 'zipkin' }, "OTEL_TRACES_EXPORTER: 'zipkin' is not one of otlp, console, none"],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_PROTOCOL: 'udp' },
      "'udp' is not one of grpc, http/json, http/protobuf",
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, 'OTEL_EXPORTER_OTLP_ENDPOINT is not an http: or https: URL'],
    [{ OTEL_TRACES_SAMPLER: 'jaeger_remote' }, 'OTEL_TRACES_SAMPLER is not one of'],
  ])('is not understood from %j', (env, problem) => {
    const told = problems(UPSTREAM, env);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(problem);
  });
});

describe('the table of options', () => {
  it('has a row for each', () => {
    const rows = optionTable().split('\n').slice(2);
    expect(rows.map((row) => /^\| `--([a-z-]+)/.exec(row)?.[1])).toEqual(Object.keys(OPTIONS));
  });
});

describe('what looks at a server', () => {
  const asked = (...args: string[]) => parseConfig(args, {});

  it('probes the URL it is given, with options of its own', () => {
    const parsed = asked(
      'probe',
      'https://quiz.example/mcp',
      '--as',
      'cursor',
      '--header',
      'A: b, c',
      '--header',
      'D: e',
    );
    expect(parsed).toMatchObject({
      command: 'probe',
      config: {
        url: new URL('https://quiz.example/mcp'),
        as: 'cursor',
        header: ['A: b, c', 'D: e'],
        handshakes: 20,
        'allow-writes': false,
      },
    });
  });

  it.each([
    [['probe'], 'no URL is given: mcpspan probe http://localhost:3000/mcp'],
    [['probe', 'quiz'], "'quiz' is no http: or https: URL: mcpspan probe http://localhost:3000/mcp"],
    [
      ['probe', 'http://x/mcp', '--listen', '1'],
      "--listen is the proxy's: mcpspan probe has no use for it, leave it out",
    ],
    [['doctor', '--calls', 'x.json'], '--calls belongs to: mcpspan probe'],
    [['sessions', '--store', 'off'], '--store is off: leave it out, or name the file that mcpspan --store PATH keeps'],
    [['page', '--store', 'off'], '--store is off: leave it out, or name the file that mcpspan --store PATH keeps'],
    [['mcp', '--store', 'off'], '--store is off: leave it out, or name the file that mcpspan --store PATH keeps'],
    [['mcp', '--listen', '1'], "--listen is the proxy's: mcpspan mcp has no use for it, leave it out"],
    [['page', '--page', 'off'], '--page is off: leave it out, or say where the page is to be'],
    [['page', '--listen', '1'], "--listen is the proxy's: mcpspan page has no use for it, leave it out"],
    [
      ['page', '--page', '0.0.0.0:4101'],
      '--page 0.0.0.0:4101 can be reached from elsewhere: give --page-token TOKEN too, or listen on 127.0.0.1',
    ],
    [
      ['--upstream', 'http://x', '--page', '[::]:1'],
      '--page [::]:1 can be reached from elsewhere: give --page-token TOKEN too, or listen on 127.0.0.1',
    ],
    [
      ['session', '--store', 'x.db'],
      'which session? mcpspan session ID (the beginning of the id is enough; mcpspan sessions lists them)',
    ],
    [
      ['tools', '--store', 'x.db', '--listen', '1'],
      "--listen is the proxy's: mcpspan tools has no use for it, leave it out",
    ],
    [['slow', '--follow'], '--follow belongs to: mcpspan tail'],
    [['--upstream', 'http://x', '--timeout', '3'], '--timeout belongs to: mcpspan probe, mcpspan doctor'],
  ])('says what is wrong with %j', (args, problem) => {
    expect(problems(args)).toContain(problem);
  });

  it('is not kept from telling what is wrong with OTEL_* by just that', () => {
    const env = { OTEL_TRACES_EXPORTER: 'zipkin', OTEL_TRACES_SAMPLER: 'odd' };
    expect(parseConfig(['doctor'], env)).toMatchObject({ ok: true, command: 'doctor' });
  });
});

describe('the settings of a command', () => {
  const settingsOf = (...args: string[]): readonly string[] => {
    const parsed = parseConfig(args, { MCPSPAN_STORE: 'x.db' });
    if (!parsed.ok || !('config' in parsed)) throw new Error('these arguments run something');
    return Object.keys(parsed.config);
  };
  const READING = ['store', 'since', 'server', 'client', 'json'];
  const NARROWED = [...READING, 'tool', 'status'];
  const CERTIFICATES = ['upstream-ca', 'upstream-cert', 'upstream-key'];
  const CALLS = [...NARROWED, 'limit', 'method', 'code'];

  it.each([
    [['page'], ['page', 'page-token', 'trace-link', 'store', 'isOwnStore']],
    [['sessions'], [...NARROWED, 'limit']],
    [
      ['session', '4f2a'],
      ['store', 'limit', 'json'],
    ],
    [['clients'], [...READING, 'limit', 'history']],
    [['slow'], CALLS],
    [['errors'], CALLS],
    [['tail'], [...CALLS, 'follow']],
    [['journeys'], [...READING, 'status', 'limit']],
    [['mcp'], ['store']],
    [
      ['report', 'x.html'],
      [...NARROWED, 'price', 'journey'],
    ],
    [
      ['probe', 'http://x/mcp'],
      [
        'url',
        'store',
        'as',
        'calls',
        'session',
        'allow-writes',
        'handshakes',
        'header',
        'timeout',
        'json',
        ...CERTIFICATES,
      ],
    ],
  ])('are, with %j, those that belong to it and no others', (args, names) => {
    expect(new Set(settingsOf(...args))).toEqual(new Set(names));
  });

  it('are those for HTTP only where there is HTTP', () => {
    for (const args of [['--upstream', 'http://x'], ['demo'], ['doctor']])
      expect(settingsOf(...args)).toEqual(expect.arrayContaining(['listen', 'group', 'idle-seconds', 'max-sessions']));
    const wrapped = settingsOf('--', 'x');
    expect(wrapped).toEqual(expect.arrayContaining(['capture', 'max-sessions']));
    for (const name of ['listen', 'upstream', 'group', 'idle-seconds', 'once', 'json'])
      expect(wrapped).not.toContain(name);
  });
});

describe('a user that the system does not know', () => {
  // Only root may become another user.
  it.skipIf(process.getuid?.() !== 0)('has no store, and no less than that', () => {
    const script = `
      const { parseConfig } = await import(${JSON.stringify(new URL('../../src/settings/config.ts', import.meta.url).href)});
      process.setuid(54_321);
      const { ok, config } = parseConfig(['--', 'true'], {});
      console.log(JSON.stringify([ok, config.store ?? 'none']));`;
    const args = ['--input-type=module', '--eval', script];
    const said = execFileSync(process.execPath, args, { env: { PATH: process.env['PATH'] }, encoding: 'utf8' });
    expect(JSON.parse(said)).toEqual([true, 'none']);
  });
});
