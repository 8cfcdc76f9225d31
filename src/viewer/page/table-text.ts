/** A value of an exported table. */
export type Exported = string | number | undefined;

/** RFC 4180. Spreadsheets take what begins with one of `= + - @` for a formula: names come from strangers. */
export function csvOf(titles: readonly string[], rows: readonly (readonly Exported[])[]): string {
  const cell = (value: Exported): string => {
    if (typeof value !== 'string') return value === undefined ? '' : String(value);
    const harmless = /^\s*[=+\-@\t\r|%]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(harmless) || harmless !== value ? `"${harmless.replaceAll('"', '""')}"` : harmless;
  };
  return [titles, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/** A list of objects. Two columns may have one title. */
export function jsonOf(titles: readonly string[], rows: readonly (readonly Exported[])[]): string {
  const names = titles.map((title, index) => (titles.indexOf(title) === index ? title : `${title} ${index + 1}`));
  const objects = rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? null])));
  return `${JSON.stringify(objects, undefined, 2)}\n`;
}
