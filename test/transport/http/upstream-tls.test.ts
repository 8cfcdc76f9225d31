import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, type TlsOptions } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { withUsualAuthorities } from '../../../src/transport/tls/pem-files.ts';
import { TLS_FAULTS } from '../../../src/transport/tls/tls-fault.ts';
import { makeCertificate, type CertificateWishes } from '../../support/certificates.ts';
import { readAnswer } from '../../support/http-message.ts';
import { httpServer } from '../../support/listen.ts';
import { startTestProxy } from '../../support/proxy.ts';
import { connectRaw } from '../../support/raw.ts';
import { answerWith, startUpstream, type Upstream } from '../../support/upstream.ts';
import { answer, ask, RESULT } from '../../transparency/traffic.ts';

const folder = mkdtempSync(join(tmpdir(), 'mcpspan-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const authority = makeCertificate({ name: 'an authority', authority: true });
const stranger = makeCertificate({ name: 'a stranger', authority: true });
const signed = (wishes: Partial<CertificateWishes> = {}) => {
  const { cert, key } = makeCertificate({ name: 'localhost', for: ['localhost'], by: authority, ...wishes });
  return { cert, key };
};
const client = makeCertificate({ name: 'mcpspan', by: authority });
const AUTHORITY = ['--upstream-ca', file('ca.pem', authority.cert)];
const CLIENT = ['--upstream-cert', file('client.pem', client.cert), '--upstream-key', file('client.key', client.key)];

const start = (over: TlsOptions): Promise<Upstream> => startUpstream(answerWith(answer('200 OK', RESULT)), over);

/** The answer to one call, as text. */
async function call(port: number): Promise<{ status: number; text: string }> {
  await using wire = await connectRaw(port);
  const [{ status, body }] = await Promise.all([readAnswer(wire), wire.send(ask('GET /mcp'))]);
  return { status, text: body.bytes.toString() };
}

const fault = (name: string): string => TLS_FAULTS.find((one) => one.name === name)?.what ?? '';

const FAULTS: readonly (readonly [string, string, TlsOptions, readonly string[]])[] = [
  ['is from an unknown authority', 'unknown-authority', signed({ by: stranger }), AUTHORITY],
  ['is from an authority that nobody named', 'unknown-authority', signed(), []],
  ['is self-signed', 'self-signed', { ...makeCertificate({ name: 'localhost', for: ['localhost'] }) }, AUTHORITY],
  ['is for another name', 'other-name', signed({ for: ['quiz.example'] }), AUTHORITY],
  ['has expired', 'expired', signed({ years: [2000, 2001] }), AUTHORITY],
  ['is not valid yet', 'not-yet-valid', signed({ years: [2110, 2111] }), AUTHORITY],
];

describe('an upstream over TLS', () => {
  it.each(FAULTS)(
    'whose certificate %s is a 502 that says so, and so does stderr (%s)',
    async (_, name, over, args) => {
      await using upstream = await start(over);
      await using proxy = await startTestProxy(`${upstream.url}/mcp`, [...args, '--page', '127.0.0.1:0']);
      const { status, text } = await call(proxy.port);
      expect(status).toBe(502);
      expect(text).toContain(`cannot be reached: ${fault(name)} (`);
      await proxy.stop();
      const told = proxy.said.filter((line) => line.includes('cannot be reached'));
      expect(told).toEqual([expect.stringContaining(`${fault(name)} (`)]);
      expect(upstream.requestLines).toEqual([]);
    },
  );

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'that wants a client certificate gets it, and its refusal is a 502 that says so (%s)',
    async (version) => {
      const wants = { requestCert: true, rejectUnauthorized: true, ca: authority.cert };
      await using upstream = await start({ ...signed(), ...wants, minVersion: version, maxVersion: version });
      await using known = await startTestProxy(upstream.url, [...AUTHORITY, ...CLIENT]);
      expect(await call(known.port)).toMatchObject({ status: 200, text: RESULT });
      await using unknown = await startTestProxy(upstream.url, AUTHORITY);
      for (let attempt = 0; attempt < 2; attempt++) {
        const { status, text } = await call(unknown.port);
        expect(status).toBe(502);
        expect(text).toMatch(/client certificate|refused the TLS handshake/);
      }
    },
  );

  it('that does not speak TLS is a 502 that says so', async () => {
    await using upstream = await httpServer((_request, response) => response.end());
    await using proxy = await startTestProxy(`https://localhost:${upstream.port}/mcp`);
    const { status, text } = await call(proxy.port);
    expect([status, text]).toEqual([502, expect.stringContaining(fault('no-tls'))]);
  });

  it('at an IP address is asked for no name, and its certificate is checked for the address', async () => {
    const names: (string | false | null)[] = [];
    const asked: TlsOptions = {
      SNICallback: (name, done) => {
        names.push(name);
        done(null);
      },
    };
    await using right = await start({ ...signed({ for: ['127.0.0.1'] }), ...asked });
    await using proxy = await startTestProxy(`https://127.0.0.1:${right.port}`, AUTHORITY);
    expect((await call(proxy.port)).status).toBe(200);
    expect(names).toEqual([]);
    await using wrong = await start({ ...signed(), ...asked });
    await using other = await startTestProxy(`https://127.0.0.1:${wrong.port}`, AUTHORITY);
    expect((await call(other.port)).text).toContain(fault('other-name'));
    await using named = await startTestProxy(wrong.url, AUTHORITY);
    expect((await call(named.port)).status).toBe(200);
    expect(names).toEqual(['localhost']);
  });

  it('is still checked against the usual authorities: those that are named come on top', () => {
    expect(withUsualAuthorities([authority.cert])).toEqual([...getCACertificates('default'), authority.cert]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('resumes the session of an earlier connection (%s)', async (version) => {
    await using upstream = await start({ ...signed(), minVersion: version, maxVersion: version });
    await using proxy = await startTestProxy(upstream.url, AUTHORITY);
    for (let count = 0; count < 3; count++) expect((await call(proxy.port)).status).toBe(200);
    expect(upstream.wires.map(({ resumed }) => resumed)).toEqual([false, true, true]);
  });
});
