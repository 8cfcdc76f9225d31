import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CertificateWatch } from '../../../src/transport/tls/certificate-watch.ts';
import type { Certificates } from '../../../src/transport/tls/certificates.ts';
import { makeCertificate, type MadeCertificate } from '../../support/certificates.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpspan-watch-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const [first, second] = ['one.example', 'two.example'].map((name) => makeCertificate({ name, for: [name] })) as [
  MadeCertificate,
  MadeCertificate,
];

/** Writes a pair as Kubernetes does: a folder, and a link to it that is replaced in one step. */
function publish(version: number, cert: string, key: string): void {
  mkdirSync(join(folder, `${version}`));
  writeFileSync(join(folder, `${version}`, 'cert.pem'), cert);
  writeFileSync(join(folder, `${version}`, 'key.pem'), key);
  symlinkSync(`${version}`, join(folder, 'next'));
  renameSync(join(folder, 'next'), join(folder, 'data'));
}

function watch() {
  const said: string[] = [];
  const renewed: Certificates[] = [];
  const waiting: (() => void)[] = [];
  const certificates = new CertificateWatch(
    {
      authorities: undefined,
      client: undefined,
      listener: {
        cert: { flag: '--tls-cert', path: join(folder, 'data/cert.pem') },
        key: { flag: '--tls-key', path: join(folder, 'data/key.pem') },
      },
    },
    {
      timers: {
        now: () => 0,
        after: (_delayMs, run) => {
          waiting.push(run);
          return () => waiting.splice(0);
        },
      },
      say: (line) => said.push(line),
      onRenewed: (next) => renewed.push(next),
    },
  );
  /** Lets the time until the next look pass; resolves when that is over. */
  const look = async (): Promise<void> => {
    waiting.shift()?.();
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  return { certificates, said, renewed, look, waiting };
}

describe('certificates whose files change', () => {
  it('are taken up, also behind a link that is replaced, and told of once', async () => {
    publish(1, first.cert, first.key);
    const { said, renewed, look, certificates } = watch();
    await look();
    expect([said, renewed]).toEqual([[], []]);
    publish(2, second.cert, second.key);
    await look();
    await look();
    expect(renewed.map(({ listener }) => listener)).toEqual([{ cert: second.cert, key: second.key }]);
    expect(certificates.current.listener?.cert).toBe(second.cert);
    expect(said).toEqual([
      expect.stringMatching(/^--tls-cert: a new certificate is in use, for two\.example, valid until /),
    ]);
  });

  it('and cannot be used replace nothing, which is told once, when they stay so', async () => {
    publish(1, first.cert, first.key);
    const { said, renewed, look, certificates } = watch();
    publish(2, second.cert, first.key);
    await look();
    expect(said).toEqual([]);
    await look();
    await look();
    expect(said).toEqual([
      expect.stringMatching(/^--tls-key: .* is not the key of .* what was read before stays in use$/),
    ]);
    expect([renewed, certificates.current.listener?.cert]).toEqual([[], first.cert]);
    publish(3, second.cert, second.key);
    await look();
    expect(renewed).toHaveLength(1);
  });

  it('one after the other are no fault', async () => {
    publish(1, first.cert, first.key);
    const { said, renewed, look } = watch();
    publish(2, second.cert, first.key);
    await look();
    publish(3, second.cert, second.key);
    await look();
    expect(said).toHaveLength(1);
    expect(renewed).toHaveLength(1);
  });

  it('are taken up, or refused with a word, at once when that is asked for', async () => {
    publish(1, first.cert, first.key);
    const { said, renewed, certificates } = watch();
    rmSync(join(folder, 'data'));
    await certificates.renew();
    expect(said.join()).toContain('does not exist');
    publish(2, second.cert, second.key);
    await certificates.renew();
    expect(renewed).toHaveLength(1);
  });

  it('are left alone after the end', async () => {
    publish(1, first.cert, first.key);
    const { renewed, certificates, waiting } = watch();
    certificates.stop();
    publish(2, second.cert, second.key);
    await certificates.renew();
    expect([renewed, waiting]).toEqual([[], []]);
  });
});
