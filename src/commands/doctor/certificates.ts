import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ProxyConfig } from '../../settings/config.ts';
import { certificateFiles } from '../../settings/tls-settings.ts';
import { readCertificates } from '../../transport/tls/certificates.ts';
import { describeCertificate, withUsualAuthorities } from '../../transport/tls/pem-files.ts';
import type { TlsOptions } from '../target/connections.ts';
import { ok, problem, warning, type Check } from './check.ts';

const DAY_MS = 86_400_000;
/** Many certificates are renewed 30 days before their end, and last 90. */
const MIN_DAYS_LEFT = 14;

/** What a connection to the upstream has to be opened with, as the relay does it. */
export function upstreamTls(config: ProxyConfig): TlsOptions {
  const { authorities, client } = readCertificates({ ...certificateFiles(config), listener: undefined });
  return { ...client, ...(authorities !== undefined && { ca: withUsualAuthorities(authorities) }) };
}

/** Whether clients can trust our own certificate now, and for how long. */
export function checkListenerCertificate(path: string | undefined, at: number): Check[] {
  if (path === undefined) return [];
  const pem = readFileSync(path, 'latin1');
  const { validFromDate, validToDate } = new X509Certificate(pem);
  const found = describeCertificate(pem);
  const days = Math.floor((validToDate.getTime() - at) / DAY_MS);
  const cure = 'put a new certificate in its place: mcpspan takes it without a restart';
  if (validFromDate.getTime() > at)
    return [problem('--tls-cert', `not valid yet: ${found}`, 'correct the clock, or replace the certificate')];
  if (validToDate.getTime() < at) return [problem('--tls-cert', `expired: ${found}`, cure)];
  return [days < MIN_DAYS_LEFT ? warning('--tls-cert', `expires soon: ${found}`, cure) : ok('--tls-cert', found)];
}
