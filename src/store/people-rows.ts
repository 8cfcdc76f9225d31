import type { DatabaseSync } from 'node:sqlite';
import type { DaySketch, PeopleKind, PeopleSubject } from '../session/people.ts';
import { Sketch } from '../session/sketch.ts';
import { textAt } from './columns.ts';
import { DAY_US } from './day.ts';
import { where, type Condition, type Filter } from './filter.ts';
import type { Statements } from './statements.ts';

const MAX_KEPT = 1_000;

/** About how many used something. Undefined: nobody who could be told apart. */
export interface PeopleFigures {
  /** By credential. */
  people: number | undefined;
  /** By the conversation keys that clients send. */
  conversations: number | undefined;
}

export const NOBODY_KNOWN: PeopleFigures = { people: undefined, conversations: undefined };

const bytesOf = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : new Uint8Array());

/** Merges sketches into those of other processes and of earlier runs. */
export function writePeople(
  { peopleOf, people }: Statements,
  server: string,
  sketches: Iterable<DaySketch>,
  nowUs: number,
): void {
  for (const { day, subject, name, who, registers } of sketches) {
    const key = [day * DAY_US, server, subject, name, who] as const;
    const sketch = new Sketch(registers);
    sketch.merge(bytesOf(peopleOf.get(...key)?.['registers']));
    people.run(...key, sketch.registers, nowUs);
  }
}

/** The key of the hash behind all sketches in this file, and the sketches of today. */
export function keptPeople(db: DatabaseSync, server: string, nowUs: number): { key: Uint8Array; kept: DaySketch[] } {
  const day = Math.floor(nowUs / DAY_US);
  const rows = db
    .prepare('SELECT subject, name, who, registers FROM people WHERE day = ? AND server = ? LIMIT ?')
    .all(day * DAY_US, server, MAX_KEPT);
  return {
    key: bytesOf(db.prepare("SELECT value FROM keys WHERE name = 'people'").get()?.['value']),
    kept: rows.map((row) => ({
      day,
      // We wrote both, from these unions.
      subject: textAt(row, 'subject') as PeopleSubject,
      who: textAt(row, 'who') as PeopleKind,
      name: textAt(row, 'name'),
      registers: bytesOf(row['registers']),
    })),
  };
}

/** Of a period, by server and name. Counted by the day (UTC): the first and the last are taken whole. */
export function peopleFigures(
  db: DatabaseSync,
  subject: PeopleSubject,
  { since, until, server }: Filter,
): (server: string, name: string) => PeopleFigures {
  const conditions: Condition[] = [['subject = ?', subject]];
  if (since !== undefined) conditions.push(['day > ?', Math.floor(since * 1_000) - DAY_US]);
  if (until !== undefined) conditions.push(['day < ?', Math.floor(until * 1_000)]);
  if (server !== undefined) conditions.push(['server = ?', server]);
  const { sql, values } = where(conditions);
  const sketches = new Map<string, Sketch>();
  const keyOf = (...parts: readonly string[]): string => parts.join('\0');
  for (const row of db.prepare(`SELECT server, name, who, registers FROM people ${sql}`).iterate(...values)) {
    const key = keyOf(textAt(row, 'server'), textAt(row, 'name'), textAt(row, 'who'));
    const known = sketches.get(key);
    if (known === undefined) sketches.set(key, new Sketch(bytesOf(row['registers'])));
    else known.merge(bytesOf(row['registers']));
  }
  const numberOf = (of: string, name: string, who: PeopleKind): number | undefined => {
    const sketch = sketches.get(keyOf(of, name, who));
    return sketch === undefined ? undefined : Math.round(sketch.estimate());
  };
  return (of, name) => ({
    people: numberOf(of, name, 'principal'),
    conversations: numberOf(of, name, 'conversation'),
  });
}
