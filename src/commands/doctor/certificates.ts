import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describeCertificate } from '../../transport/tls/pem-files.ts';
import { ok, problem, warning, type Check } from './check.ts';

const DAY_MS = 86_400_000;
/** Many certificates are renewed 30 days before their end, and last 90. */
const MIN_DAYS_LEFT = 14;

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
