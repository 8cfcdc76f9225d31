import { leaves, text } from './yaml.ts';

export type Values = Readonly<Record<string, string>>;

/** `${NAME}`, `${NAME:-default}`, `${NAME:+instead}` as compose and Tempo write them, `${env:NAME:-default}` as the collector does. */
const VARIABLE = /\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::([-+])([^{}]*))?\}/g;

/** The text with its variables replaced. An empty one counts as not set, as `:-` and `:+` have it. */
export const interpolate = (written: string, values: Values): string =>
  written.replace(VARIABLE, (_, name: string, operator: string | undefined, other = '') => {
    const value = values[name] ?? '';
    if (operator === '-') return value === '' ? other : value;
    if (operator === '+') return value === '' ? '' : other;
    return value;
  });

/** The same for everything inside; numbers and booleans become text. */
export function interpolateAll(value: unknown, values: Values): unknown {
  if (Array.isArray(value)) return value.map((item) => interpolateAll(item, values));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, interpolateAll(item, values)]));
  }
  return value === null || value === undefined ? value : interpolate(text(value), values);
}

/** Names of the variables in it, each with its default, if it has one. */
export const variablesIn = (value: unknown): ReadonlyMap<string, string | undefined> =>
  new Map(
    leaves(value).flatMap((leaf) =>
      [...leaf.matchAll(VARIABLE)].map(([, name = '', operator, other]) => [
        name,
        operator === '-' ? other : undefined,
      ]),
    ),
  );
