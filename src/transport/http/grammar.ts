/** The characters of HTTP/1.1: 1 at the codes that belong to a class. */
type CharacterClass = Uint8Array;

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const classOf = (characters: string): CharacterClass => {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
};

const range = (from: number, to: number): CharacterClass => {
  const table = new Uint8Array(256);
  table.fill(1, from, to + 1);
  return table;
};

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const COLON = 0x3a;

/** `tchar` (RFC 9110, 5.6.2): names of fields and methods. */
export const TOKEN: CharacterClass = classOf(`!#$%&'*+-.^_\`|~${ALPHANUMERIC}`);

/** What a line may hold beside its end (RFC 9110, 5.5): visible characters, `obs-text`, space and tab. */
export const TEXT: CharacterClass = range(SPACE, 0xff);
TEXT[TAB] = 1;
TEXT[0x7f] = 0;

/** Visible ASCII, of which a request target consists. */
export const VISIBLE: CharacterClass = range(0x21, 0x7e);

/** One character for each byte. */
export const textOf = (bytes: Buffer, from = 0, to = bytes.length): string => bytes.toString('latin1', from, to);

/** Whether a part of `bytes` is this name. @param name in lower case, of the same length */
export function isNamed(bytes: Uint8Array, from: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    // Among token characters only upper-case letters become another name character by this bit.
    if (((bytes[from + index] ?? 0) | 0x20) !== name.charCodeAt(index)) return false;
  }
  return true;
}

export const isAll = (bytes: Uint8Array, from: number, to: number, wanted: CharacterClass): boolean => {
  for (let index = from; index < to; index++) if (wanted[bytes[index] ?? 0] !== 1) return false;
  return true;
};
