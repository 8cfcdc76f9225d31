import { describe, expect, it } from 'vitest';
import { Privacy, type PrivacyOptions } from '../../src/session/privacy.ts';

const privacy = (options: Partial<PrivacyOptions> = {}): Privacy =>
  new Privacy({ capture: [], hashIds: false, upstreamPath: '/mcp', ...options });

describe('a User-Agent', () => {
  it.each([
    ['openai-mcp/1.0.0', 'openai-mcp/1.0.0'],
    ['openai-mcp/1.0.0 (Responses API)', 'openai-mcp/1.0.0 (Responses API)'],
    ['claude-code/2.1.258 (cli)', 'claude-code/2.1.258 (cli)'],
    ['claude-code/2.1.266 (external, cli)', 'claude-code/2.1.266 (external, cli)'],
    [
      'claude-code/2.1.266 (claude-desktop, agent-sdk/0.3.266)',
      'claude-code/2.1.266 (claude-desktop, agent-sdk/0.3.266)',
    ],
    ['ai-sdk/5.0 runtime/node.js/22', 'ai-sdk/5.0'],
    ['node', 'node'],
    ['python-httpx2/2.13.1', 'python-httpx2/2.13.1'],
    ['', ''],
  ])('%j is told as %j', (value, told) => {
    expect(privacy().userAgent(value)).toBe(told);
  });

  it.each([
    'agent/1.0 key=SECRET',
    'agent/1.0 (mailto:SECRET@example.org)',
    'agent/1.0 (https://example.org/SECRET)',
    'agent/1.0 (home/SECRET)',
    'agent/SECRET0123456789',
    'agent/1.0 user:SECRET',
    'agent/1.0 "SECRET"',
  ])('%j loses what may be anything', (value) => {
    const told = privacy().userAgent(value);
    expect(told).not.toContain('SECRET');
    expect(told).toContain('agent');
  });
});

describe('a path', () => {
  it('is told where it is that of the upstream', () => {
    expect(privacy().path('/mcp')).toBe('/mcp');
    expect(privacy().path('/mcp/u/17')).toBe('{redacted}');
    expect(privacy().path('/')).toBe('{redacted}');
  });

  it.each(['/u/8f14e45fceea167a/mcp', '/k/AbCdEfGhIjKlMn', '/0123456789ab'])(
    '%s holds a key, and is not',
    (upstreamPath) => {
      expect(privacy({ upstreamPath }).path(upstreamPath)).toBe('{redacted}');
    },
  );

  it.each(['/', '/api/v1/mcp', '/conversations/mcp'])('%s does not', (upstreamPath) => {
    expect(privacy({ upstreamPath }).path(upstreamPath)).toBe(upstreamPath);
  });
});

describe('the URI of a resource', () => {
  it.each([
    ['https://user:pw@files.example:8080/a/b?c=d#e', 'https://files.example:8080'],
    ['quiz://words/1', 'quiz://words'],
    ['file:///home/somebody/notes.txt', 'file:'],
    ['urn:isbn:123', 'urn:'],
    ['data:text/plain,hello', 'data:'],
    ['not a uri', '{redacted}'],
    ['', '{redacted}'],
  ])('%s is told as %s', (uri, told) => {
    expect(privacy().uri(uri)).toBe(told);
  });

  it('is whole when captured, up to 4 096 characters', () => {
    const captured = privacy({ capture: ['uris'] });
    expect(captured.uri('quiz://words/1?a=b')).toBe('quiz://words/1?a=b');
    expect(captured.uri(`quiz:${'x'.repeat(10_000)}`)).toHaveLength(4_096);
  });
});

describe('the message of an error', () => {
  it('is not told unless captured', () => {
    expect(privacy().errorMessage('x')).toBeUndefined();
    expect(privacy({ capture: ['errors'] }).errorMessage('x')).toBe('x');
    expect(privacy({ capture: ['errors'] }).errorMessage('x'.repeat(10_000))).toHaveLength(4_096);
  });
});

describe('ids', () => {
  it('are told as they are, or as 16 digits of their SHA-256', () => {
    expect(privacy().id('abc')).toBe('abc');
    expect(privacy({ hashIds: true }).id('abc')).toBe('ba7816bf8f01cfea');
    expect(privacy().id('x'.repeat(500))).toHaveLength(128);
  });

  const SIGNED = `eyJhbGciOiJIUzI1NiJ9.${'eyJzdWIiOiJzb21lYm9keUBleGFtcGxlLm9yZyJ9'.repeat(16)}.`;

  it.each(['x'.repeat(700), `${'x'.repeat(126)}😀`, SIGNED])('of one beginning (%s) stay distinct', (beginning) => {
    const told = ['a', 'b'].map((end) => privacy().id(beginning + end));
    expect(new Set(told).size).toBe(2);
    for (const id of told) expect([id.length <= 128, id.isWellFormed()]).toEqual([true, true]);
  });

  it('of up to 128 characters are told whole, longer ones by their first 111 and a hash', () => {
    expect(privacy().id('x'.repeat(128))).toBe('x'.repeat(128));
    expect(privacy().id('x'.repeat(129))).toBe(`${'x'.repeat(111)}~${privacy({ hashIds: true }).id('x'.repeat(129))}`);
  });

  it.each([SIGNED, `session:${SIGNED}`, 'eyJ1c2VyIjoic29tZWJvZHkifQ'])(
    'that are encoded JSON, as a JWT is, are hashed (%s)',
    (id) => {
      expect(privacy().id(id)).toBe(privacy({ hashIds: true }).id(id));
    },
  );

  it('that differ late differ when hashed', () => {
    const hashed = privacy({ hashIds: true });
    expect(hashed.id(`${'x'.repeat(200)}a`)).not.toBe(hashed.id(`${'x'.repeat(200)}b`));
  });
});

describe('a captured payload', () => {
  const payload = (value: unknown) => privacy().payload(JSON.stringify(value));

  it.each([
    'password',
    'Passphrase',
    'client_secret',
    'accessToken',
    'Authorization',
    'api_key',
    'apiKey',
    'x-api-key',
    'Cookie',
    'privateKey',
    'sessionId',
    'ssn',
    'cardNumber',
  ])('loses the value of %s', (name) => {
    expect(payload({ a: { [name]: 'SECRET' } })).not.toContain('SECRET');
    expect(payload({ [name]: ['SECRET', { b: 'SECRET' }] })).not.toContain('SECRET');
    expect(payload({ [name]: 1_234 })).not.toContain('1234');
  });

  it.each([
    'Bearer abc.def',
    `eyJ${'a'.repeat(20)}.${'b'.repeat(20)}.c`,
    `sk-${'a'.repeat(20)}`,
    `ghp_${'a'.repeat(20)}`,
    'AKIAABCDEFGHIJKLMNOP',
    `xoxb-${'1'.repeat(12)}`,
  ])('loses %s, wherever it stands', (secret) => {
    expect(payload({ text: `before ${secret} after` })).not.toContain(secret);
    expect(privacy().payload(`not json ${secret}`)).not.toContain(secret);
  });

  // RFC 9110 11.1: the scheme is case-insensitive; and Basic holds a password as it is.
  it.each(['bearer abcdefgh', `Basic ${Buffer.from('user:password').toString('base64')}`])('loses %s', (secret) => {
    expect(payload({ text: `Header was: ${secret}` })).not.toContain(secret.split(' ')[1]);
  });

  it('keeps the rest as it was', () => {
    const value = { a: [1, 'two', null, true], token: null, secret: false, text: 'plain' };
    expect(JSON.parse(payload(value))).toEqual(value);
  });

  it('is cut to 4 096 characters, and says so', () => {
    const text = payload({ a: 'x'.repeat(10_000) });
    expect(text).toHaveLength(4_096);
    expect(text.endsWith('…')).toBe(true);
  });
});

describe('the message of a failed operation, in the local record,', () => {
  const recorded = (message: string): string | undefined => privacy().recordedMessage(message);

  it.each([
    'Unknown tool: create_matching_question',
    "ENOENT: no such file or directory, open '/srv/quiz/questions.json'",
    'connect ECONNREFUSED 127.0.0.1:5432',
    'Session not found',
    'Invalid arguments: "count" must be at most 20',
    'timed out after 30000 ms (attempt 3 of 3)',
    'HTTP 503 from https://api.example.org/v1/quiz',
    'Expected string, received number at questions[3].title',
    'No answer of 2026-01-31 10:12:05',
  ])('%j stays as it is', (message) => {
    expect(recorded(message)).toBe(message);
  });

  it.each([
    ['user bob.smith+x@mail.example.org is unknown', 'bob.smith'],
    ['GET https://api.example.org/v1?key=s3cr3tvalue failed', 's3cr3tvalue'],
    ['GET https://api.example.org/v1#s3cr3tvalue failed', 's3cr3tvalue'],
    ['postgres://admin:s3cr3tvalue@db/quiz refuses', 's3cr3tvalue'],
    ['Authorization: Bearer s3cr3tvalue', 's3cr3tvalue'],
    ['bad header Basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
    ['password=s3cr3tvalue', 's3cr3tvalue'],
    ['PASSWORD : s3cr3tvalue', 's3cr3tvalue'],
    ['{"password":"s3cr3t value with, spaces"}', 's3cr3t'],
    ["{'api_key': 's3cr3tvalue'}", 's3cr3tvalue'],
    ['api key: s3cr3tvalue is wrong', 's3cr3tvalue'],
    ['client_secret => s3cr3tvalue', 's3cr3tvalue'],
    ['DB_PWD=s3cr3tvalue', 's3cr3tvalue'],
    ['invalid x-api-key "s3cr3tvalue"', 's3cr3tvalue'],
    ['the token s3cr3tvalue has expired', 's3cr3tvalue'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJl', 'eyJzdWIi'],
    ['sk-abcdefghijklmnopqrstuvwx is not valid', 'sk-abc'],
    ['ghp_abcdefghijklmnopqrstuvwxyz0123456789', 'ghp_abc'],
    ['AKIAIOSFODNN7EXAMPLE', 'AKIA'],
    ['hash 9f86d081884c7d659a2feaa0c55ad015 differs', '9f86d081'],
    ['no session 123e4567-e89b-12d3-a456-426614174000', '123e4567'],
    ['0x52908400098527886E0F7030069857D2E4169EE7 has no funds', '52908400'],
    ['key c2VjcmV0LXZhbHVlLWluLWJhc2U2NC1lbmNvZGluZzE+/w== refused', 'c2VjcmV0'],
    ['opaque QWxhZGRpbjpvcGVuIHNlc2FtZQQWxhZGRpbjpv refused', 'QWxhZGRp'],
    ['card 4111 1111 1111 1111 declined', '1111'],
    ['card 4111-1111-1111-1111 declined', '1111'],
    ['call +1 (415) 555-0134 back', '555'],
    ['customer 4155550134 is blocked', '4155'],
    ['-----BEGIN PRIVATE KEY-----\nMIIBVgIBADAN\nabc\n-----END PRIVATE KEY-----', 'MIIB'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIBVgIBADAN', 'MIIB'],
  ])('%j loses what may be a secret', (message, secret) => {
    const told = recorded(message);
    expect(told).toContain('{redacted}');
    expect(told).not.toContain(secret);
  });

  it('is one line of 200 characters at most, whatever it was', () => {
    expect(recorded('first\n\tsecond \u001b[31mred\u0007')).toBe('first second [31mred');
    expect(recorded('')).toBeUndefined();
    expect(recorded(' \n ')).toBeUndefined();
    const long = recorded('a word '.repeat(100_000)) ?? '';
    expect(long).toHaveLength(200);
    expect(long.endsWith('…')).toBe(true);
    expect(recorded(`${'😀'.repeat(150)}`)?.isWellFormed()).toBe(true);
  });

  it('shows no part of a secret that is longer than what is searched', () => {
    const told = recorded(`key ${'Ab1'.repeat(10_000)}`) ?? '';
    expect(told).not.toContain('Ab1');
  });

  it.each([
    'a@'.repeat(50_000),
    'a.'.repeat(50_000),
    `${'a'.repeat(100_000)}!`,
    '1 '.repeat(50_000),
    '://'.repeat(50_000),
    '"token":'.repeat(20_000),
  ])('is searched at once, however odd it is', (message) => {
    for (let turn = 0; turn < 1_000; turn++) expect(recorded(message)?.length ?? 0).toBeLessThan(201);
  });
});
