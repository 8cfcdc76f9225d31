/** The code of an error or of its cause; where neither has one, the error's name. */
export function codeOf(error: Error): string {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    if ('code' in one && typeof one.code === 'string') return one.code;
    // IPv4 and IPv6 were both tried.
    if (one instanceof AggregateError && one.errors[0] instanceof Error) return codeOf(one.errors[0]);
  }
  return error.name;
}
