import {
  FileProblems,
  readAuthorities,
  readIdentity,
  type Identity,
  type IdentityFiles,
  type NamedFile,
} from './pem-files.ts';

/** The certificates of a relay. */
export interface Certificates {
  /** Authorities that an upstream may have its certificate from, besides the usual ones. */
  readonly authorities: readonly string[] | undefined;
  /** What is shown to an upstream that asks for a client certificate. */
  readonly client: Identity | undefined;
  /** What is shown to clients; undefined: they are not spoken to over TLS. */
  readonly listener: Identity | undefined;
}

/** Where they are. */
export interface CertificateFiles {
  readonly authorities: NamedFile | undefined;
  readonly client: IdentityFiles | undefined;
  readonly listener: IdentityFiles | undefined;
}

/** Reads all files. @throws {FileProblems} with the problems of all of them */
export function readCertificates({ authorities, client, listener }: CertificateFiles): Certificates {
  const problems: string[] = [];
  const attempt = <Files, Value>(files: Files | undefined, read: (files: Files) => Value): Value | undefined => {
    try {
      return files === undefined ? undefined : read(files);
    } catch (error) {
      if (!(error instanceof FileProblems)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const certificates = {
    authorities: attempt(authorities, readAuthorities),
    client: attempt(client, readIdentity),
    listener: attempt(listener, readIdentity),
  };
  if (problems.length > 0) throw new FileProblems(problems);
  return certificates;
}
