import { certificateFiles, type UpstreamFiles } from '../../settings/tls-settings.ts';
import { readCertificates } from '../../transport/tls/certificates.ts';
import { withUsualAuthorities } from '../../transport/tls/pem-files.ts';
import type { TlsOptions } from './connections.ts';

/** What a connection to the upstream has to be opened with, as the relay does it. */
export function upstreamTls(settings: UpstreamFiles): TlsOptions {
  const { authorities, client } = readCertificates({ ...certificateFiles(settings), listener: undefined });
  return { ...client, ...(authorities !== undefined && { ca: withUsualAuthorities(authorities) }) };
}
