import { readFile } from 'node:fs/promises';
import { messageOf } from '../error-text.ts';
import type { Timers } from '../timers.ts';
import { readCertificates, type CertificateFiles, type Certificates } from './certificates.ts';
import { describeCertificate, FileProblems, type NamedFile } from './pem-files.ts';

/** Files are read, not watched: Kubernetes replaces the folder behind a link, of which a watch of the file hears nothing. */
const LOOK_EVERY_MS = 5_000;

export interface CertificateWatchOptions {
  timers: Timers;
  say(line: string): void;
  /** There are new certificates. */
  onRenewed(certificates: Certificates): void;
}

/**
 * Keeps the certificates of a relay as its files have them. What cannot be used replaces nothing, and is told once.
 */
export class CertificateWatch {
  readonly #files: CertificateFiles;
  readonly #named: readonly NamedFile[];
  readonly #options: CertificateWatchOptions;
  #current: Certificates;
  #seen: string | undefined;
  #fault: string | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  /** @throws {FileProblems} */
  constructor(files: CertificateFiles, options: CertificateWatchOptions) {
    const { authorities, client, listener } = files;
    this.#files = files;
    this.#named = [authorities, client?.cert, client?.key, listener?.cert, listener?.key].filter(
      (file) => file !== undefined,
    );
    this.#options = options;
    this.#current = readCertificates(files);
    if (this.hasFiles) this.#wait();
  }

  get hasFiles(): boolean {
    return this.#named.length > 0;
  }

  get current(): Certificates {
    return this.#current;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** Reads the files again, and says at once if they cannot be used. */
  async renew(): Promise<void> {
    this.#seen = undefined;
    await this.#look();
    this.#tellFault();
  }

  #wait(): void {
    this.#cancel = this.#options.timers.after(LOOK_EVERY_MS, () => {
      void this.#look().then(() => {
        if (!this.#stopped) this.#wait();
      });
    });
  }

  async #look(): Promise<void> {
    // A slow disk must not keep bytes waiting; what is read again below is in memory then.
    const texts = await Promise.all(this.#named.map(({ path }) => readFile(path, 'latin1').catch(messageOf)));
    if (this.#stopped) return;
    const seen = texts.join('\0');
    if (seen === this.#seen) {
      // A certificate and its key are replaced one after the other: only what stays wrong is a fault.
      this.#tellFault();
      return;
    }
    this.#seen = seen;
    try {
      this.#fault = undefined;
      this.#take(readCertificates(this.#files));
    } catch (error) {
      if (!(error instanceof FileProblems)) throw error;
      this.#fault = error.message;
    }
  }

  #take(certificates: Certificates): void {
    const before = this.#current;
    this.#current = certificates;
    const renewed = PARTS.filter((part) => JSON.stringify(certificates[part]) !== JSON.stringify(before[part]));
    if (renewed.length === 0) return;
    this.#options.onRenewed(certificates);
    for (const part of renewed) this.#options.say(`${this.#flagOf(part)}: ${inWords(part, certificates)}`);
  }

  #tellFault(): void {
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) this.#options.say(`${fault}; until then, what was read before stays in use`);
  }

  #flagOf(part: keyof Certificates): string {
    const file = this.#files[part];
    return file === undefined ? '' : 'flag' in file ? file.flag : file.cert.flag;
  }
}

const PARTS = ['authorities', 'client', 'listener'] as const;

function inWords(part: keyof Certificates, certificates: Certificates): string {
  if (part === 'authorities')
    return `the authorities were read again, there are ${certificates.authorities?.length ?? 0}`;
  const cert = certificates[part]?.cert;
  return `a new certificate is in use, ${cert === undefined ? 'or none' : describeCertificate(cert)}`;
}
