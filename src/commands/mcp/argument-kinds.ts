import { Problem } from '../../settings/option-kinds.ts';
import { parseSince } from '../store/filters.ts';
import { quoted } from './harmless.ts';

/** One argument of a tool: its JSON Schema and its parser, in one place. */
export interface Argument<Value> {
  schema: Readonly<Record<string, unknown>>;
  /** The value where none is given. */
  default: Value;
  /** The call is wrong without it. */
  required?: true;
  /** @param now milliseconds since the epoch, by the wall clock */
  parse(value: unknown, now: number): Value | Problem;
}

export type Arguments = Readonly<Record<string, Argument<unknown>>>;
export type ValuesOf<Taken extends Arguments> = {
  [Name in keyof Taken]: Taken[Name] extends Argument<infer Value> ? Value : never;
};

const MAX_TEXT_CHARS = 300;

const parseText = (value: unknown): string | Problem =>
  typeof value === 'string' && value !== '' && value.length <= MAX_TEXT_CHARS
    ? value
    : new Problem(`give a text of 1 to ${MAX_TEXT_CHARS} characters`);

export const name = (description: string): Argument<string | undefined> => ({
  schema: { type: 'string', description },
  default: undefined,
  parse: parseText,
});

export const requiredText = (description: string): Argument<string> => ({
  schema: { type: 'string', description },
  default: '',
  required: true,
  parse: parseText,
});

/** A time, in milliseconds since the epoch. */
export const time = (description: string): Argument<number | undefined> => ({
  schema: { type: 'string', description },
  default: undefined,
  parse: (value, now) =>
    (typeof value === 'string' ? parseSince(value, now) : undefined) ??
    new Problem('give a time such as 15m, 2h or 7d (ago), or a date such as 2026-01-31'),
});

export const whole = (
  value: number,
  { least, most }: { least: number; most: number },
  description: string,
): Argument<number> => ({
  schema: { type: 'integer', minimum: least, maximum: most, default: value, description },
  default: value,
  parse: (given) =>
    typeof given === 'number' && Number.isInteger(given) && given >= least && given <= most
      ? given
      : new Problem(`give a whole number from ${least} to ${most}`),
});

export const choice = <const Choices extends readonly [string, ...string[]]>(
  choices: Choices,
  description: string,
): Argument<Choices[number]> => ({
  schema: { type: 'string', enum: choices, default: choices[0], description },
  default: choices[0],
  parse: (given) => choices.find((one) => one === given) ?? new Problem(`choose one of ${choices.join(', ')}`),
});

/** Reads the arguments of a call: their values, or everything that is wrong with them. */
export function readArguments<Taken extends Arguments>(
  given: Readonly<Record<string, unknown>>,
  taken: Taken,
  now: number,
): ValuesOf<Taken> | Problem {
  const problems = Object.keys(given)
    .filter((name) => !Object.hasOwn(taken, name))
    .map((name) => `${quoted(name)} is no argument of this tool`);
  const values = Object.entries(taken).map(([name, argument]): [string, unknown] => {
    const value = given[name];
    // Some models send null for what they leave out.
    if (value === undefined || value === null) {
      if (argument.required === true) problems.push(`${name} is missing`);
      return [name, argument.default];
    }
    const parsed = argument.parse(value, now);
    if (parsed instanceof Problem) problems.push(`${name}: ${parsed.text}`);
    return [name, parsed];
  });
  if (problems.length > 0) {
    const known = Object.keys(taken).join(', ');
    return new Problem(`${problems.join('. ')}. Its arguments: ${known === '' ? 'none' : known}.`);
  }
  // The cast is true: each value comes from the parser of its name.
  return Object.fromEntries(values) as ValuesOf<Taken>;
}

/** The JSON Schema of arguments. */
export const schemaOf = (taken: Arguments): { type: 'object' } & Readonly<Record<string, unknown>> => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(taken).map(([name, { schema }]) => [name, schema])),
  required: Object.entries(taken)
    .filter(([, { required }]) => required === true)
    .map(([name]) => name),
  additionalProperties: false,
});
