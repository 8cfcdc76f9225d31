import { readFile } from 'node:fs/promises';
import { counted } from '../reading/figures.ts';
import type { ProxyConfigRead } from '../settings/config-file.ts';
import type { ProxyConfig } from '../settings/server-config.ts';
import { messageOf } from '../transport/error-text.ts';
import type { Timers } from '../transport/timers.ts';
import type { Reloaded } from './served-servers.ts';

/** The file is read, not watched: Kubernetes replaces the folder behind a link, of which a watch of the file hears nothing. */
const LOOK_EVERY_MS = 2_000;

export interface ConfigWatchOptions {
  path: string;
  /** What the proxy was started with. */
  config: ProxyConfig;
  /** Reads the file as at the start. */
  read(): ProxyConfigRead;
  /** Serves other servers. Rejects where that cannot be; nothing has changed then. */
  reload(config: ProxyConfig): Promise<Reloaded>;
  timers: Timers;
  /** Prints a line for people. */
  say(line: string): void;
}

/**
 * Has the proxy follow its configuration file: when it has changed, and is the same at the next look, as some programs
 * write it in pieces; on SIGHUP at once. A file that cannot be used changes nothing, and that is said.
 */
export class ConfigWatch {
  readonly #options: ConfigWatchOptions;
  #current: ProxyConfig;
  /** What was in it when it was last taken up, or refused; undefined: that is not known yet. */
  #taken: string | undefined;
  /** What was in it at the last look. */
  #seen: string | undefined;
  #running: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: ConfigWatchOptions) {
    this.#options = options;
    this.#current = options.config;
    this.#wait();
  }

  /** Reads the file again, whether it has changed or not. */
  async renew(): Promise<void> {
    this.#running = this.#running.then(async () => {
      this.#seen = await this.#text();
      await this.#take(this.#seen);
    });
    await this.#running;
  }

  /** Resolves when a change that is under way is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running;
  }

  #wait(): void {
    this.#cancel = this.#options.timers.after(LOOK_EVERY_MS, () => {
      this.#running = this.#running.then(() => this.#look());
      void this.#running.then(() => {
        if (!this.#stopped) this.#wait();
      });
    });
  }

  async #look(): Promise<void> {
    const text = await this.#text();
    // It may have changed since the start read it.
    if (this.#taken === undefined && this.#isCurrent()) this.#taken = text;
    const isSettled = text === this.#seen;
    this.#seen = text;
    if (isSettled && text !== this.#taken) await this.#take(text);
  }

  #isCurrent(): boolean {
    const found = this.#options.read();
    return found.ok && JSON.stringify(found.config) === JSON.stringify(this.#current);
  }

  #text(): Promise<string> {
    return readFile(this.#options.path, 'utf8').catch(messageOf);
  }

  async #take(text: string): Promise<void> {
    const { path, read, reload, say } = this.#options;
    if (this.#stopped) return;
    this.#taken = text;
    const found = read();
    if (!found.ok) {
      for (const problem of found.problems) say(problem);
      say(`${path} cannot be used; the servers stay as they are`);
      return;
    }
    try {
      const reloaded = await reload(found.config);
      say(`${path} was read again: ${reloadedInWords(reloaded)}`);
    } catch (error) {
      say(`${path} cannot be used: ${messageOf(error)}; the servers stay as they are`);
      return;
    }
    const later = changedSettings(this.#current, found.config);
    if (later.length > 0) say(`${later.join(', ')}: changed in ${path}, and taken up at the next start`);
    this.#current = found.config;
  }
}

function reloadedInWords({ added, changed, gone, servers }: Reloaded): string {
  const parts = [
    [added, 'added'],
    [changed, 'changed'],
    [gone, 'gone'],
  ] as const;
  const told = parts.flatMap(([names, what]) => (names.length === 0 ? [] : [`${what}: ${named(names)}`]));
  return `${told.length === 0 ? 'no server has changed' : told.join('; ')} (${counted(servers, 'server')} now)`;
}

const MAX_NAMED = 10;

const named = (names: readonly string[]): string =>
  names.length <= MAX_NAMED
    ? names.join(', ')
    : `${names.slice(0, MAX_NAMED).join(', ')} and ${names.length - MAX_NAMED} more`;

/** Options of the process that differ. Not `listen` and `name`, which servers have themselves. */
function changedSettings(before: ProxyConfig, after: ProxyConfig): string[] {
  const { servers: _servers, listen: _listen, name: _name, ...settings } = after;
  return Object.keys(settings).filter((name) => textOf(before, name) !== textOf(after, name));
}

const textOf = (config: ProxyConfig, name: string): string | undefined =>
  JSON.stringify(Object.entries(config).find(([key]) => key === name)?.[1]);
