import { attributeTable, eventTable, metricTable } from './tables.ts';

/** The tables of docs/telemetry.md, by the marker that they stand behind. */
const TABLES: Readonly<Record<string, () => string>> = {
  attributes: attributeTable,
  metrics: metricTable,
  events: eventTable,
};

/**
 * Puts the tables between their markers, `<!-- metrics -->` and `<!-- /metrics -->`.
 * @throws when a marker is missing
 */
export function withTables(text: string): string {
  let filled = text;
  for (const [name, make] of Object.entries(TABLES)) {
    const [from, to] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`];
    const [start, end] = [filled.indexOf(from), filled.indexOf(to)];
    if (start < 0 || end < start) throw new Error(`docs/telemetry.md has no markers for the table of ${name}`);
    filled = filled.slice(0, start + from.length) + make() + filled.slice(end);
  }
  return filled;
}
