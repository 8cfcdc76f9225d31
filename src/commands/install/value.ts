/** A value of a configuration file, with its place in the text. Only texts and lists are edited. */
export type Value = TextValue | ListValue | TableValue | { kind: 'other'; plain: unknown };

export interface TextValue {
  kind: 'text';
  plain: string;
  start: number;
  end: number;
}

export interface ListValue {
  kind: 'list';
  items: readonly Value[];
  start: number;
  end: number;
}

export interface TableValue {
  kind: 'table';
  members: Member[];
}

export interface Member {
  name: string;
  /** Where its key begins and ends. */
  start: number;
  keyEnd: number;
  /** Where its value ends. */
  end: number;
  value: Value;
}

/** How a kind of file is read and written. */
export interface Format {
  /** Returns a sentence where the text is not of this kind. */
  read(text: string): TableValue | string;
  quote(text: string): string;
  /** A member beside the one whose key is `key`, which has a line of its own or not. */
  addMember(key: string, name: string, value: string, line: { own: boolean; indent: string; end: string }): string;
  /** Where on a line of its own such a member goes: right behind the value, or at the end of its line. */
  addAt: 'value' | 'line';
}

/** The one member of this name; undefined: there is none, or more than one. */
export function memberOf({ members }: TableValue, name: string): Member | undefined {
  const found = members.filter((member) => member.name === name);
  return found.length === 1 ? found[0] : undefined;
}

export const isTwice = ({ members }: TableValue, name: string): boolean =>
  members.filter((member) => member.name === name).length > 1;

/** The value without its places: what a client reads. Of two members with one name, the last counts. */
export function plainOf(value: Value): unknown {
  if (value.kind === 'list') return value.items.map(plainOf);
  if (value.kind === 'table') return new Map(value.members.map((member) => [member.name, plainOf(member.value)]));
  return value.plain;
}
