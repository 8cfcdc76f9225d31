/** The candidate nearest to a misspelt word, if one is near enough. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** What is wrong with a word that is no command, and what it may have been. */
export function unknownCommand(word: string, commands: readonly string[]): string {
  if (URL.canParse(word) && word.includes('://')) return `'${word}' is not a command; did you mean --upstream ${word}?`;
  const nearest = closest(word, commands);
  return `'${word}' is not a command; ${nearest === undefined ? `to wrap one: mcpspan -- ${word} …` : `did you mean ${nearest}?`}`;
}
