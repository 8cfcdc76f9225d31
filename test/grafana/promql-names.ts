/** Words of PromQL that stand where a metric could; functions are told by their parenthesis. */
const WORDS = /^(and|or|unless|on|ignoring|by|without|group_left|group_right|offset|bool|inf|nan)$/i;

/** What a query names, by a look at its text: metrics and recording rules, and labels. */
export function namesIn(query: string): { metrics: string[]; labels: string[] } {
  const metrics: string[] = [];
  const labels: string[] = [];
  const text = query
    .replaceAll(/#.*$/gm, '')
    .replaceAll(/"[^"]*"|'[^']*'/g, '')
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g, (_, inside: string) => {
      labels.push(...inside.split(','));
      return ' ';
    })
    .replaceAll(/\{([^}]*)\}/g, (_, inside: string) => {
      labels.push(...inside.split(',').map((matcher) => matcher.replace(/[=!~ ]*$/, '')));
      return ' ';
    })
    .replaceAll(/\[[^\]]*\]|\boffset +\w+/g, ' ');
  for (const [, name = ''] of text.matchAll(/(?<![\w:.])([A-Za-z_:][\w:]*)(?![\w:]|\s*\()/g)) {
    if (!WORDS.test(name)) metrics.push(name);
  }
  return { metrics, labels: labels.map((label) => label.trim()).filter((label) => label !== '') };
}
