import { FileProblems } from '../transport/tls/pem-files.ts';
import { readCertificates, type CertificateFiles } from '../transport/tls/certificates.ts';
import type { Settings } from './options.ts';

export type TlsSettings = Pick<
  Settings,
  'upstream' | 'upstream-ca' | 'upstream-cert' | 'upstream-key' | 'tls-cert' | 'tls-key'
>;
type FileOption = Exclude<keyof TlsSettings, 'upstream'>;
/** Of a command that connects to an upstream, and lets no client connect. */
export type UpstreamFiles = Pick<Settings, (typeof FOR_THE_UPSTREAM)[number]>;

/** How problems call an option: at their beginning, and further on. */
export interface OptionLabels {
  subject(name: FileOption): string;
  other(name: FileOption): string;
}

const FLAGS: OptionLabels = { subject: (name) => `--${name}`, other: (name) => `--${name} FILE` };

const FOR_THE_UPSTREAM = ['upstream-ca', 'upstream-cert', 'upstream-key'] as const;
const PAIRS = [
  ['upstream-cert', 'upstream-key'],
  ['tls-cert', 'tls-key'],
] as const;

/** The files that these settings name; an option without its pair is left out. */
export function certificateFiles(
  settings: Partial<Pick<Settings, FileOption>>,
  labels: Pick<OptionLabels, 'subject'> = FLAGS,
): CertificateFiles {
  const named = (name: FileOption) => {
    const path = settings[name];
    return path === undefined ? undefined : { flag: labels.subject(name), path };
  };
  const pair = ([certName, keyName]: (typeof PAIRS)[number]) => {
    const [cert, key] = [named(certName), named(keyName)];
    return cert === undefined || key === undefined ? undefined : { cert, key };
  };
  return { authorities: named('upstream-ca'), client: pair(PAIRS[0]), listener: pair(PAIRS[1]) };
}

/** Adds what is wrong with the options about TLS and the files that they name. */
export function checkTls(
  settings: Pick<TlsSettings, 'upstream'> & Partial<TlsSettings>,
  problems: string[],
  labels = FLAGS,
): void {
  for (const pair of PAIRS) {
    const missing = pair.filter((name) => settings[name] === undefined);
    const [given] = pair.filter((name) => settings[name] !== undefined);
    if (given !== undefined && missing[0] !== undefined)
      problems.push(
        `${labels.subject(given)} needs ${labels.other(missing[0])} too; it may be the same file, if that holds both`,
      );
  }
  const { upstream } = settings;
  if (upstream?.protocol !== 'https:') {
    for (const name of FOR_THE_UPSTREAM)
      if (settings[name] !== undefined) problems.push(misplaced(labels.subject(name), upstream));
  }
  try {
    readCertificates(certificateFiles(settings, labels));
  } catch (error) {
    if (!(error instanceof FileProblems)) throw error;
    problems.push(...error.problems);
  }
}

/**
 * The same for a command with a URL of its own, which is no upstream. A variable may be meant for the proxy alone, so only flags are
 * wrong where the URL is not https.
 */
export function checkTlsOf(
  url: URL,
  settings: UpstreamFiles,
  given: ReadonlyMap<string, unknown>,
  problems: string[],
): void {
  if (url.protocol === 'https:' || FOR_THE_UPSTREAM.some((name) => given.has(name)))
    checkTls({ ...settings, upstream: url }, problems);
}

const misplaced = (option: string, upstream: URL | undefined): string =>
  upstream === undefined
    ? `${option} is for an https upstream, and there is none: give --upstream https://… too, or leave it out`
    : `${option} is for an https upstream, and ${upstream.origin} is not one: correct the URL, or leave it out`;
