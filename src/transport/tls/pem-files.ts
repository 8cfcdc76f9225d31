import type { KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { messageOf } from '../error-text.ts';

/** A certificate, with those that sign it, and its key: PEM, so that it can be sent to a thread. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** Options that name files, with their paths: `--tls-cert` and `--tls-key`, for example. */
export interface IdentityFiles {
  readonly cert: NamedFile;
  readonly key: NamedFile;
}

export interface NamedFile {
  /** As problems call it, such as `--tls-cert`. */
  readonly flag: string;
  readonly path: string;
}

/** What is wrong with files, a sentence for each problem. */
export class FileProblems extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

// Both are heavy, and loaded when there is a file: a wrapped command must not wait for them.
const cryptoModule = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');
const tlsModule = (): typeof import('node:tls') => process.getBuiltinModule('node:tls');

const CERTIFICATES = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/;
const ENCRYPTED_KEY = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;
/** How an ASN.1 sequence begins, without PEM around it. */
const DER_START = '0\x82';

/** Reads certificates that are to be trusted too. @throws {FileProblems} */
export function readAuthorities(file: NamedFile): readonly string[] {
  const problems: string[] = [];
  const found = certificatesIn(file, readText(file, problems), problems);
  if (problems.length > 0) throw new FileProblems(problems);
  return found.map(({ pem }) => pem);
}

/** The authorities that Node trusts, with those of `NODE_EXTRA_CA_CERTS`, and these. */
export const withUsualAuthorities = (authorities: readonly string[]): string[] => [
  ...tlsModule().getCACertificates('default'),
  ...authorities,
];

/** Reads a certificate and its key. @throws {FileProblems} */
export function readIdentity({ cert, key }: IdentityFiles): Identity {
  const problems: string[] = [];
  const certText = readText(cert, problems);
  const keyText = readText(key, problems);
  const [leaf] = certificatesIn(cert, certText, problems);
  const privateKey = keyIn(key, keyText, problems);
  if (problems.length === 0 && leaf !== undefined && privateKey !== undefined) {
    if (!leaf.certificate.checkPrivateKey(privateKey))
      problems.push(
        `${key.flag}: ${key.path} is not the key of the certificate in ${cert.path}: name the two that belong together (of several certificates, that of the server comes first)`,
      );
    else checkUsable(cert, { cert: certText, key: keyText }, problems);
  }
  if (problems.length > 0) throw new FileProblems(problems);
  return { cert: certText, key: keyText };
}

/** When a certificate is valid, and for what, in a few words. */
export function describeCertificate(pem: string): string {
  const { subjectAltName, subject, validTo } = new (cryptoModule().X509Certificate)(pem);
  const names = (subjectAltName ?? subject).replaceAll(/\b(?:DNS|IP Address):/g, '').replaceAll('\n', ', ');
  return `for ${names}, valid until ${validTo}`;
}

/** Empty where it cannot be read. */
function readText({ flag, path }: NamedFile, problems: string[]): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : messageOf(error);
    problems.push(`${flag}: ${path} ${WHY_UNREADABLE[code] ?? `cannot be read (${code}): name a file that can`}`);
    return '';
  }
}

const WHY_UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist: correct the path',
  ENOTDIR: 'does not exist: correct the path',
  EISDIR: 'is a folder: name a file in it',
  EACCES: 'may not be read by this user: give it the permission',
};

interface Found {
  readonly pem: string;
  readonly certificate: X509Certificate;
}

function certificatesIn({ flag, path }: NamedFile, text: string, problems: string[]): Found[] {
  if (text === '') return none(flag, path, 'certificate', problems);
  const blocks = text.match(CERTIFICATES) ?? [];
  if (blocks.length === 0) {
    if (text.startsWith(DER_START))
      problems.push(`${flag}: ${path} is not PEM but DER: openssl x509 -inform der -in ${path} -out FILE.pem`);
    else if (PRIVATE_KEY.test(text))
      problems.push(`${flag}: ${path} holds a key and no certificate: name the file of the certificate`);
    else none(flag, path, 'certificate', problems);
    return [];
  }
  const found: Found[] = [];
  for (const [index, pem] of blocks.entries()) {
    try {
      found.push({ pem, certificate: new (cryptoModule().X509Certificate)(pem) });
    } catch (error) {
      problems.push(
        `${flag}: certificate ${index + 1} in ${path} cannot be read (${messageOf(error)}): copy the file again`,
      );
    }
  }
  return found;
}

function keyIn({ flag, path }: NamedFile, text: string, problems: string[]): KeyObject | undefined {
  if (!PRIVATE_KEY.test(text)) {
    if (text.startsWith(DER_START))
      problems.push(`${flag}: ${path} is not PEM but DER: openssl pkey -inform der -in ${path} -out FILE.pem`);
    else if (/-----BEGIN [A-Z ]*CERTIFICATE-----/.test(text))
      problems.push(`${flag}: ${path} holds a certificate and no key: name the file of its key`);
    else none(flag, path, 'private key', problems);
    return undefined;
  }
  if (ENCRYPTED_KEY.test(text)) {
    problems.push(
      `${flag}: ${path} needs a passphrase, which mcpspan cannot ask for: openssl pkey -in ${path} -out FILE.pem writes the key without one`,
    );
    return undefined;
  }
  try {
    return cryptoModule().createPrivateKey(text);
  } catch (error) {
    problems.push(`${flag}: the key in ${path} cannot be read (${messageOf(error)}): copy the file again`);
    return undefined;
  }
}

/** Says that there is no PEM, unless something is known to be wrong with the file already. */
function none(flag: string, path: string, what: string, problems: string[]): [] {
  if (!problems.some((problem) => problem.startsWith(`${flag}: ${path} `)))
    problems.push(`${flag}: ${path} holds no ${what} in PEM (-----BEGIN …-----): name a file that does`);
  return [];
}

/** OpenSSL refuses what is too weak. */
function checkUsable({ flag, path }: NamedFile, identity: Identity, problems: string[]): void {
  try {
    tlsModule().createSecureContext(identity);
  } catch (error) {
    problems.push(`${flag}: ${path} cannot be used (${messageOf(error)}): replace the certificate`);
  }
}
