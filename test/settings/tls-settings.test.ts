import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/settings/config.ts';
import { makeCertificate } from '../support/certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'mcpspan-options-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

const made = makeCertificate({ name: 'localhost', for: ['localhost'] });
const cert = file('cert.pem', made.cert);
const key = file('key.pem', made.key);
const otherKey = file('other.pem', makeCertificate({ name: 'other' }).key);
const both = file('both.pem', `${made.cert}${made.key}`);
const empty = file('empty.pem', '');
const text = file('text.pem', 'no certificate');
const missing = join(folder, 'missing.pem');
const damaged = file('damaged.pem', made.cert.replace(/\n.{40}/, '\nAAAA'));
const der = file('cert.der', new X509Certificate(made.cert).raw);
const locked = file(
  'locked.pem',
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
  }).privateKey,
);

const HTTPS = ['--upstream', 'https://quiz.example/mcp'];
const problemsOf = (args: readonly string[]): readonly string[] => {
  const parsed = parseConfig(args, { MCPSPAN_STORE: 'off' });
  return parsed.ok ? [] : parsed.problems;
};

describe('options about TLS', () => {
  it.each([
    [['--tls-cert', cert, '--tls-key', key]],
    [['--tls-cert', both, '--tls-key', both]],
    [['--upstream-ca', cert, '--upstream-cert', cert, '--upstream-key', key]],
    [['--upstream-ca', both]],
  ])('may be %j', (args) => {
    expect(problemsOf([...HTTPS, ...args])).toEqual([]);
    expect(problemsOf(['doctor', ...HTTPS, ...args])).toEqual([]);
  });

  it('of an upstream are for probe, too, whose variables may be meant for the proxy alone', () => {
    const files = ['--upstream-ca', both, '--upstream-cert', cert, '--upstream-key', key];
    expect(problemsOf(['probe', 'https://quiz.example/mcp', ...files])).toEqual([]);
    expect(problemsOf(['probe', 'https://quiz.example/mcp', '--upstream-ca', missing])).toEqual([
      expect.stringContaining('missing.pem does not exist'),
    ]);
    expect(problemsOf(['probe', 'http://localhost:1/mcp', '--upstream-ca', both])).toEqual([
      '--upstream-ca is for an https upstream, and http://localhost:1 is not one: correct the URL, or leave it out',
    ]);
    const env = { MCPSPAN_STORE: 'off', MCPSPAN_UPSTREAM_CA: missing };
    expect(parseConfig(['probe', 'http://localhost:1/mcp'], env)).toMatchObject({ ok: true });
    expect(parseConfig(['probe', 'https://localhost:1/mcp'], env)).toMatchObject({ ok: false });
  });

  it.each([
    [['--tls-cert', cert], /^--tls-cert needs --tls-key FILE too/],
    [['--tls-key', key], /^--tls-key needs --tls-cert FILE too/],
    [['--upstream-key', key], /^--upstream-key needs --upstream-cert FILE too/],
    [['--tls-cert', missing, '--tls-key', key], /^--tls-cert: .*missing\.pem does not exist: correct the path$/],
    [['--tls-cert', folder, '--tls-key', key], /^--tls-cert: .* is a folder: name a file in it$/],
    [['--upstream-ca', empty], /^--upstream-ca: .*empty\.pem holds no certificate in PEM/],
    [['--upstream-ca', text], /^--upstream-ca: .*text\.pem holds no certificate in PEM .*: name a file that does$/],
    [['--upstream-ca', key], /^--upstream-ca: .* holds a key and no certificate/],
    [['--upstream-ca', der], /^--upstream-ca: .* is not PEM but DER: openssl x509 -inform der/],
    [['--upstream-ca', damaged], /^--upstream-ca: certificate 1 in .* cannot be read/],
    [['--tls-cert', cert, '--tls-key', otherKey], /^--tls-key: .* is not the key of the certificate in .*cert\.pem/],
    [['--tls-cert', cert, '--tls-key', cert], /^--tls-key: .* holds a certificate and no key/],
    [['--tls-cert', cert, '--tls-key', text], /^--tls-key: .* holds no private key in PEM/],
    [['--tls-cert', cert, '--tls-key', locked], /^--tls-key: .* needs a passphrase, .*openssl pkey -in/],
    [['--tls-cert', '', '--tls-key', key], /^--tls-cert: it is empty; give a file/],
  ])('are refused with their cure: %j', (args, problem) => {
    expect(problemsOf([...HTTPS, ...args])[0]).toMatch(problem);
  });

  it('for an upstream belong to one that speaks TLS', () => {
    const plain = problemsOf(['--upstream', 'http://quiz.example/mcp', '--upstream-ca', cert]);
    expect(plain).toEqual([expect.stringContaining('http://quiz.example is not one')]);
    expect(problemsOf(['demo', '--upstream-ca', cert])).toEqual([expect.stringContaining('there is none')]);
  });

  it('are refused all at once', () => {
    const args = ['--upstream-ca', missing, '--upstream-cert', text, '--upstream-key', locked, '--tls-cert', der];
    const flags = problemsOf([...HTTPS, ...args]).map((problem) => problem.split(/[: ]/)[0]);
    expect(new Set(flags)).toEqual(new Set(['--tls-cert', '--upstream-ca', '--upstream-cert', '--upstream-key']));
  });
});
