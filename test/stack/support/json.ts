/** GET, as JSON of the shape that the server's documentation gives. @throws on any status but 200 */
export async function getJson<Shape>(url: URL | string): Promise<Shape> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${String(url)} answers ${answer.status}: ${text.slice(0, 300)}`);
  // The caller names what the API documents.
  return JSON.parse(text) as Shape;
}

/** A URL with a query. */
export function withQuery(base: string, query: Readonly<Record<string, string>>): URL {
  const url = new URL(base);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}
