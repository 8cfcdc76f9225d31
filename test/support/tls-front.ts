import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from './certificates.ts';
import { listen } from './listen.ts';

export interface TlsFront extends AsyncDisposable {
  readonly url: string;
  /** Files, by the options that name them. */
  readonly certificates: Readonly<Record<'upstream-ca' | 'upstream-cert' | 'upstream-key', string>>;
}

/** TLS in front of a plain server, with an authority of its own, for clients that it signed. */
export async function startTlsInFrontOf(plain: string): Promise<TlsFront> {
  const folder = mkdtempSync(join(tmpdir(), 'mcpspan-tls-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const authority = makeCertificate({ name: 'an authority', authority: true });
  const signed = (name: string) => makeCertificate({ name, for: ['localhost', '127.0.0.1'], by: authority });
  const [own, client] = [signed('server'), signed('mcpspan')];
  const { port, pathname } = new URL(plain);
  const options = { key: own.key, cert: own.cert, requestCert: true, rejectUnauthorized: true, ca: authority.cert };
  const secure = await listen(
    https.createServer(options, (asked, response) => {
      const { method, url, headers } = asked;
      const passed = http.request({ port, method, path: url, headers }, (answered) => {
        response.writeHead(answered.statusCode ?? 0, answered.headers);
        answered.pipe(response);
      });
      passed.on('error', () => response.destroy());
      asked.pipe(passed);
    }),
  );
  return {
    url: `https://localhost:${secure.port}${pathname}`,
    certificates: {
      'upstream-ca': file('ca.pem', authority.cert),
      'upstream-cert': file('client.pem', client.cert),
      'upstream-key': file('client.key', client.key),
    },
    async [Symbol.asyncDispose]() {
      await secure[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
}
