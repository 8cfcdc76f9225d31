/** A JSON object whose members have not been looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The object itself, or an empty one where a peer sent something else. */
export const objectOr = (value: unknown): JsonObject => (isObject(value) ? value : {});

export const objectAt = (object: JsonObject | undefined, name: string): JsonObject | undefined => {
  const value = object?.[name];
  return isObject(value) ? value : undefined;
};

/** Lone surrogates become U+FFFD: exporters and SQLite refuse them. */
export const textAt = (object: JsonObject | undefined, name: string): string | undefined => {
  const value = object?.[name];
  return typeof value === 'string' ? value.toWellFormed() : undefined;
};
