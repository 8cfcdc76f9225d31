import { OTHER, UNKNOWN } from '../../session/client.ts';
import { escaped } from '../../reading/plain.ts';
import { elided } from '../terminal/text.ts';

const MAX_NAME_COLUMNS = 80;
const MAX_TEXT_COLUMNS = 600;
/** Names that we give ourselves. */
const OUR_NAME = /^mcpspan-[a-z]+$/;

/**
 * A name for a sentence. It comes from a client or a server, and a model reads the sentence, so quotes keep it apart
 * from what mcpspan says.
 */
export const quoted = (name: string): string =>
  name === OTHER || name === UNKNOWN || OUR_NAME.test(name)
    ? name
    : JSON.stringify(elided(escaped(name), MAX_NAME_COLUMNS));

/** The name in a quoted one, escaped as it is. */
export const unquoted = (name: string | undefined): string | undefined =>
  // The cast is true: a text in quotes was made by `quoted`.
  name?.startsWith('"') === true ? (JSON.parse(name) as string) : name;

/** A value for an answer: nothing in its texts acts, and none is long. */
export function harmless(value: unknown): unknown {
  if (typeof value === 'string') return elided(escaped(value), MAX_TEXT_COLUMNS);
  if (Array.isArray(value)) return value.map(harmless);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [escaped(name), harmless(member)]));
}
