/** The candidate nearest to a misspelt word, if one is near enough: at most `most` letters away. */
export function closest(
  word: string,
  candidates: readonly string[],
  most = Math.max(2, Math.floor(word.length / 3)),
): string | undefined {
  let best: string | undefined;
  let least = most + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** How many letters have to be added, left out, replaced, or swapped with the next. */
function editDistance(a: string, b: string): number {
  let earlier: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwapped ? (earlier[j - 2] ?? 0) + 1 : replace;
      next.push(Math.min(replace, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [earlier, row] = [row, next];
  }
  return row[b.length] ?? 0;
}

/** What is wrong with a word that is no command, and what it may have been. */
export function unknownCommand(word: string, commands: readonly string[]): string {
  if (URL.canParse(word) && word.includes('://')) return `'${word}' is not a command; did you mean --upstream ${word}?`;
  const nearest = closest(word, commands);
  return `'${word}' is not a command; ${nearest === undefined ? `to wrap one: mcpspan -- ${word} …` : `did you mean ${nearest}?`}`;
}
