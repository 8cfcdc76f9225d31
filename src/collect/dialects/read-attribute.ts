import { isObject } from '../../observe/json-object.ts';
import type { AttributeValue, Attributes } from '../received-span.ts';
import type { Condition } from './dialect.ts';

/** A longer JSON text is not read: it holds arguments or a result, and would cost more than it says. */
const MAX_JSON_CHARS = 16_384;

/** @param name as a dialect names it: an attribute, or `ATTRIBUTE#PATH` for a member of the JSON text in it */
export function valueAt(attributes: Attributes, name: string): AttributeValue | undefined {
  const hash = name.indexOf('#');
  if (hash < 0) return attributes.get(name);
  const text = attributes.get(name.slice(0, hash));
  if (typeof text !== 'string' || text.length > MAX_JSON_CHARS) return undefined;
  let value = parsed(text);
  for (const member of name.slice(hash + 1).split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, member)) return undefined;
    value = value[member];
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

export function holds(attributes: Attributes, [name, wanted]: Condition): boolean {
  const value = valueAt(attributes, name);
  if (wanted instanceof RegExp) return typeof value === 'string' && wanted.test(value);
  return wanted === undefined ? value !== undefined : value === wanted;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
