import { closest } from './closest.ts';
import { OPTIONS } from './options.ts';
import { variableOf } from './read-settings.ts';
import type { Environment } from './signals.ts';

/** A variable that looks as if it was meant for mcpspan, and is read by nobody. */
export interface UnknownVariable {
  name: string;
  /** The variable that may have been meant; undefined: none is near. */
  meant: string | undefined;
}

const PREFIX = 'MCPSPAN_';
/** Of the tests of this project, whose processes inherit them. */
const OF_TESTS = /^MCPSPAN_(TEST_|STACK_)/;
/**
 * What Kubernetes gives each container of a namespace with a Service `mcpspan`, or `mcpspan-…`.
 * @see https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const SERVICE_LINK = /^MCPSPAN_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR))$/;
/** These have the shape of a link only with a value such as `tcp://10.0.0.1:4100`: a bare number is somebody's mistake. */
const SERVICE_URL_LINK = /^MCPSPAN_(\w+_)?PORT(_\d+_(TCP|UDP|SCTP))?$/;
const SERVICE_URL = /^(tcp|udp|sctp):\/\//;

const isServiceLink = (name: string, value: string | undefined): boolean =>
  SERVICE_LINK.test(name) || (SERVICE_URL_LINK.test(name) && SERVICE_URL.test(value ?? ''));

/**
 * The variables that mcpspan does not know although their names begin with `MCPSPAN_`, or with something that differs
 * from it by a slip of the keyboard. Those that Kubernetes makes for Services are none of them.
 */
export function unknownVariables(env: Environment): UnknownVariable[] {
  const known = new Set(Object.keys(OPTIONS).map(variableOf));
  return Object.entries(env).flatMap(([name, value]) => {
    if (value === undefined || known.has(name)) return [];
    if (!name.startsWith(PREFIX)) {
      const meant = withPrefixMisspelt(name, known);
      return meant === undefined ? [] : [{ name, meant }];
    }
    if (OF_TESTS.test(name) || isServiceLink(name, value)) return [];
    return [{ name, meant: nearest(name.slice(PREFIX.length)) }];
  });
}

/** One line for each variable that was probably meant to be another. */
export const misspeltVariables = (env: Environment): string[] =>
  unknownVariables(env).flatMap(({ name, meant }) =>
    meant === undefined ? [] : [`${name} is unknown and has no effect; did you mean ${meant}?`],
  );

/** The variable nearest to a name without its prefix; else the one that has the same words and fewer, or more. */
function nearest(rest: string): string | undefined {
  const word = rest.toLowerCase().replaceAll('_', '-');
  const options = Object.keys(OPTIONS);
  // Tighter than for flags, of which each has to be known: MCPSPAN_VERSION is no slip for MCPSPAN_SESSION.
  const near =
    closest(word, options, Math.min(2, Math.max(1, Math.floor(word.length / 4)))) ??
    options.find((option) => option.startsWith(`${word}-`)) ??
    options.findLast((option) => word.startsWith(`${option}-`));
  return near === undefined ? undefined : variableOf(near);
}

/** `MCPSPN_UPSTREAM`, `MCP_SPAN_UPSTREAM`, `mcpspan_upstream`: exactly an option, after a prefix that is almost ours. */
function withPrefixMisspelt(name: string, known: ReadonlySet<string>): string | undefined {
  if (!/^m/i.test(name)) return undefined;
  const upper = name.toUpperCase();
  for (const variable of known) {
    const ending = variable.slice(PREFIX.length - 1);
    if (upper.endsWith(ending) && isSlipOf(upper.slice(0, -ending.length), PREFIX.slice(0, -1))) return variable;
  }
  return undefined;
}

/**
 * Whether a word is another with a letter missing, doubled or swapped with the next, or with an underscore in it.
 * Another letter makes another word: MCPSCAN is a program of its own.
 */
function isSlipOf(word: string, meant: string): boolean {
  if (word.replaceAll('_', '') === meant) return true;
  for (let at = 0; at < meant.length; at++) {
    const [before, letter, next, after] = [meant.slice(0, at), meant[at], meant[at + 1] ?? '', meant.slice(at + 2)];
    if (
      [
        `${before}${next}${after}`,
        `${before}${letter}${letter}${next}${after}`,
        `${before}${next}${letter}${after}`,
      ].includes(word)
    )
      return true;
  }
  return false;
}
