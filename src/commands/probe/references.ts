import { isObject, objectOr, parseJson, textOf, type JsonObject } from '../../simulator/json.ts';

/** Results of the calls made so far in a run, by the names of the calls. */
export type Results = ReadonlyMap<string, JsonObject>;

/** `${create.structuredContent.id}`; with a second dollar sign it is plain text. */
const REFERENCE = /\$\$\{|\$\{([^}]*)\}/g;
const WHOLE = /^\$\{([^}]*)\}$/;

/**
 * Replaces references by values of earlier results. A text that is one reference becomes the value itself; in a longer
 * text the value becomes part of the text. `missing`: the first reference that was not found.
 */
export function resolve(
  params: JsonObject,
  results: Results,
): { readonly params: JsonObject } | { readonly missing: string } {
  let missing: string | undefined;
  const look = (reference: string): unknown => {
    const found = lookUp(reference, results);
    if (found === undefined) missing ??= reference;
    return found;
  };
  const put = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const whole = WHOLE.exec(value)?.[1];
      if (whole !== undefined) return look(whole);
      return value.replace(REFERENCE, (text, reference: string | undefined) => {
        if (reference === undefined) return text.slice(1);
        const found = look(reference);
        return typeof found === 'string' ? found : JSON.stringify(found);
      });
    }
    if (Array.isArray(value)) return value.map(put);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, put(member)]));
  };
  const resolved = objectOr(put(params));
  return missing === undefined ? { params: resolved } : { missing };
}

/** The names of the calls that a call refers to. */
export function namesIn(params: JsonObject): readonly string[] {
  const found = new Set<string>();
  const read = (value: unknown): void => {
    if (typeof value === 'string') {
      for (const [, reference] of value.matchAll(REFERENCE))
        if (reference !== undefined) found.add(pathOf(reference)[0] ?? '');
    } else if (Array.isArray(value)) value.forEach(read);
    else if (isObject(value)) Object.values(value).forEach(read);
  };
  read(params);
  return [...found];
}

const pathOf = (reference: string): readonly string[] =>
  reference
    .trim()
    .split(/[.[\]]+/)
    .filter((part) => part !== '');

function lookUp(reference: string, results: Results): unknown {
  const [name = '', ...path] = pathOf(reference);
  let found: unknown = results.get(name);
  for (const step of path) {
    if (isObject(found) && step === 'text' && !Object.hasOwn(found, 'text')) found = textOfResult(found);
    else if (Array.isArray(found)) found = found[Number(step)];
    else if (isObject(found) && Object.hasOwn(found, step)) found = found[step];
    else return undefined;
    // Text that is JSON is searched as JSON.
    if (typeof found === 'string' && step !== path.at(-1)) found = parseJson(found);
  }
  return found;
}

/** The first text that a result holds: of a tool, a resource, or a prompt. */
export function textOfResult(result: JsonObject): string | undefined {
  for (const member of ['content', 'contents']) {
    const items = result[member];
    if (!Array.isArray(items)) continue;
    for (const item of items) {
      const text = textOf(objectOr(item)['text']);
      if (text !== undefined) return text;
    }
  }
  return undefined;
}
