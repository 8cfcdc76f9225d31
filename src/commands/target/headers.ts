/** Reads `Name: value` lines, as curl takes them. */
export function readHeaders(
  lines: readonly string[],
): { readonly headers: Readonly<Record<string, string>> } | { readonly problems: readonly string[] } {
  const headers: Record<string, string> = {};
  const problems: string[] = [];
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*)$/.exec(line);
    const [, name, value] = match ?? [];
    // The line may hold a secret, so the message does not repeat it.
    if (name === undefined || value === undefined)
      problems.push("--header: write 'Name: value', for example 'Authorization: Bearer TOKEN'");
    else headers[name] = value.trimEnd();
  }
  return problems.length > 0 ? { problems } : { headers };
}
