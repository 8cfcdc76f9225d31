import { resolve } from 'node:path';
import type { Address } from '../transport/names.ts';
import type { CommandName } from './command-names.ts';

/** Says why a value is wrong, and how to correct it. */
export class Problem {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** One option. Parser, `--help`, the table in docs/options.md and the type of the settings are made from it. */
export interface Option<Value> {
  /** The placeholder after the flag; undefined for a switch. */
  argument?: string;
  /** The default as people read it; absent if there is none. */
  shown?: string;
  default: Value;
  meaning: string;
  /** Shown by `--help-all` only. */
  internal?: true;
  /** The option may be given several times; its values are collected. */
  repeatable?: true;
  /** Where it belongs: to the HTTP proxy and commands that run one, or to some commands; absent: to wrapped commands too. */
  only?: 'http' | readonly CommandName[];
  parse(text: string, before: Value): Value | Problem;
}

const parseAddress = (text: string): Address | Problem => {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) return new Problem(`'${text}' is not HOST:PORT, for example 127.0.0.1:4100`);
  return { host: (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port };
};

export const address = (shown: string, meaning: string): Option<Address> => ({
  argument: 'HOST:PORT',
  shown,
  default: { host: '127.0.0.1', port: Number(shown.split(':')[1]) },
  meaning,
  parse: parseAddress,
});

export const addressOrOff = (shown: string, meaning: string): Option<Address | undefined> => ({
  argument: 'HOST:PORT|off',
  shown,
  default: shown === 'off' ? undefined : { host: '127.0.0.1', port: Number(shown.split(':')[1]) },
  meaning,
  parse: (text) => (text === 'off' ? undefined : parseAddress(text)),
});

export const count = (value: number, meaning: string, least = 1): Option<number> => ({
  argument: 'N',
  // Intl would do the same, and take 20 ms to load.
  shown: String(value).replaceAll(/\B(?=(\d{3})+$)/g, ' '),
  default: value,
  meaning,
  parse: (text) => {
    const number = Number(text.replaceAll('_', ''));
    return Number.isSafeInteger(number) && number >= least
      ? number
      : new Problem(`'${text}' is not a whole number from ${least} on`);
  },
});

export const optionalCount = (meaning: string): Option<number | undefined> => {
  const { argument, parse } = count(1, meaning);
  return { argument: argument ?? 'N', default: undefined, meaning, parse: (text) => parse(text, 1) };
};

export type SpoolSetting = 'memory' | 'off' | { path: string };

export const spoolOf = (meaning: string): Option<SpoolSetting> => ({
  argument: 'PATH|memory|off',
  shown: 'memory',
  default: 'memory',
  meaning,
  parse: (text) =>
    text === 'memory' || text === 'off'
      ? text
      : text.trim() === ''
        ? new Problem('it is empty; give a folder, memory or off')
        : { path: resolve(text) },
});

export const seconds = (value: number, meaning: string): Option<number> => ({
  argument: 'SECONDS',
  shown: String(value),
  default: value,
  meaning,
  parse: (text) => {
    const number = text === '' ? Number.NaN : Number(text);
    return number >= 0 && number <= 2_000_000 ? number : new Problem(`'${text}' is not a number of seconds`);
  },
});

export const toggle = (meaning: string): Option<boolean> => ({
  default: false,
  meaning,
  parse: (text) => {
    if (text === '' || text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    return new Problem(`'${text}' is neither true nor false`);
  },
});

export const choice = <const Words extends readonly [string, ...string[]]>(
  words: Words,
  meaning: string,
): Option<Words[number]> => ({
  argument: words.join('|'),
  shown: words[0],
  default: words[0],
  meaning,
  parse: (text) => words.find((word) => word === text) ?? new Problem(`'${text}' is not one of ${words.join(', ')}`),
});

export const listOf = <const Words extends readonly string[]>(
  words: Words,
  initial: readonly Words[number][],
  meaning: string,
): Option<readonly Words[number][]> => ({
  argument: 'LIST',
  shown: initial.length === 0 ? 'none' : initial.join(','),
  default: initial,
  meaning,
  parse: (text) => {
    if (text === 'none') return [];
    const chosen: Words[number][] = [];
    for (const part of text.split(',')) {
      const word = words.find((known) => known === part.trim());
      if (word === undefined) return new Problem(`'${part.trim()}' is not one of ${words.join(', ')}, none`);
      chosen.push(word);
    }
    return chosen;
  },
});

export const names = (argument: string, meaning: string): Option<readonly string[]> => ({
  argument,
  default: [],
  meaning,
  repeatable: true,
  parse: (text, before) => [
    ...before,
    ...text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ],
});

export const conversationKeys = (meaning: string): Option<readonly string[]> => ({
  ...names('PATH', meaning),
  parse: (text, before) =>
    /^(header:[!#$%&'*+.^_`|~0-9A-Za-z-]+|[^\s:][^\s]*)$/.test(text)
      ? [...before, text]
      : new Problem(`'${text}' is neither a path in _meta nor header:NAME`),
});

export const text = (argument: string, meaning: string): Option<string | undefined> => ({
  argument,
  default: undefined,
  meaning,
  parse: (value) => (value.trim() === '' ? new Problem('it is empty') : value),
});

export const url = (meaning: string): Option<URL | undefined> => ({
  argument: 'URL',
  default: undefined,
  meaning,
  parse: (value) => {
    const parsed = URL.parse(value);
    if (parsed === null) return new Problem(`'${value}' is not a URL, for example http://localhost:3000/mcp`);
    if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
      const meant = value.includes('://') ? '' : `; did you mean http://${value}?`;
      return new Problem(`'${value}' is neither http: nor https:${meant}`);
    }
    if (parsed.username !== '' || parsed.password !== '') {
      return new Problem('it holds a user name or password; let the client send an Authorization header instead');
    }
    return parsed;
  },
});

const rate = (value: number, meaning: string): Option<number> => ({
  argument: 'N',
  shown: String(value),
  default: value,
  meaning,
  only: ['demo'],
  parse: (given) =>
    Number(given) > 0 && Number(given) <= 10_000 ? Number(given) : new Problem(`'${given}' is not a positive number`),
});

export const threadsOf = (meaning: string): Option<number> => {
  const option = count(1, meaning);
  return {
    ...option,
    parse: (given, before) => {
      const parsed = option.parse(given, before);
      if (parsed instanceof Problem || parsed === 1 || process.platform === 'linux') return parsed;
      return new Problem(
        'only Linux shares a port between threads; leave it out, and run several processes if one is not enough',
      );
    },
  };
};

export const seedOf = (meaning: string): Option<number | undefined> => ({
  argument: 'N',
  shown: '1',
  default: undefined,
  meaning,
  parse: (given) => (/^\d{1,15}$/.test(given) ? Number(given) : new Problem(`'${given}' is not a whole number`)),
});

/** An option that means nothing to a wrapped command. */
export const http = <Value>(option: Option<Value>): Option<Value> & { only: 'http' } => ({ ...option, only: 'http' });

/** An option of these commands alone. */
export const of = <const Commands extends readonly CommandName[], Value>(
  commands: Commands,
  option: Option<Value>,
): Option<Value> & { only: Commands } => ({ ...option, only: commands });

/** Values as given; whoever uses them checks them. */
export const texts = (argument: string, meaning: string): Option<readonly string[]> => ({
  argument,
  default: [],
  meaning,
  repeatable: true,
  parse: (given, before) => [...before, given],
});

export const optionalRate = (meaning: string): Option<number | undefined> => {
  const { argument, parse } = rate(1, meaning);
  return { argument: argument ?? 'N', default: undefined, meaning, parse: (given) => parse(given, 1) };
};

export type StoreSetting = 'default' | 'off' | { path: string };

/** A file, the user's default one, or none. */
export const storeOf = (meaning: string): Option<StoreSetting> => ({
  argument: 'PATH|off',
  shown: "the user's state folder",
  default: 'default',
  meaning,
  parse: (given) =>
    given === 'off'
      ? 'off'
      : given.trim() === ''
        ? new Problem('it is empty; give a file, or off')
        : { path: resolve(given) },
});

/** A file that is read at the start. */
export const fileOf = (meaning: string): Option<string | undefined> => ({
  argument: 'FILE',
  default: undefined,
  meaning,
  parse: (given) => (given.trim() === '' ? new Problem('it is empty; give a file') : resolve(given)),
});

/** The URL that shows a trace; `{traceId}` stands for its id. */
export const traceLink = (meaning: string): Option<string | undefined> => ({
  argument: 'URL',
  default: undefined,
  meaning,
  parse: (value) => {
    const parsed = URL.parse(value.replaceAll('{traceId}', '0'));
    return parsed !== null && /^https?:$/.test(parsed.protocol)
      ? value
      : new Problem(`'${value}' is no http: or https: URL, for example http://localhost:16686`);
  },
});
