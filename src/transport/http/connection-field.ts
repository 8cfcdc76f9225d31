import { isNamed, textOf } from './grammar.ts';
import type { FieldPlace } from './head-reader.ts';
import type { HeadEdits } from './head-edits.ts';

/**
 * Fields that stay though a `Connection` field names them: without them a message is another one, or they are written
 * anew.
 */
const KEPT: ReadonlySet<string> = new Set([
  'connection',
  'traceparent',
  'host',
  'content-length',
  'transfer-encoding',
  'mcp-session-id',
  'authorization',
]);

/**
 * The `Connection` fields of one head (RFC 9110, 7.6.1). As each connection of a client has its own to the upstream, `close`
 * and `keep-alive` go on. The fields that it names, and their names, do not.
 */
export class ConnectionField {
  /** The message says that its connection closes after it. */
  closes = false;
  keepsAlive = false;
  upgrades = false;
  /** Where the lines stand, from and to, counted from the reader's base. */
  #lines: number[] | undefined;
  #named: string[] | undefined;

  take(bytes: Buffer, { base, nameFrom, valueFrom, valueTo, lineTo }: FieldPlace): void {
    (this.#lines ??= []).push(nameFrom - base, lineTo - base);
    if (valueTo - valueFrom === 10 && isNamed(bytes, valueFrom, 'keep-alive')) this.keepsAlive = true;
    else if (valueTo - valueFrom === 5 && isNamed(bytes, valueFrom, 'close')) this.closes = true;
    else this.#split(textOf(bytes, valueFrom, valueTo));
  }

  /**
   * Takes out of the head what is for this hop only.
   * @param upgrades an upgrade goes on
   */
  edit(edits: HeadEdits, bytes: Buffer, base: number, end: number, upgrades: boolean): void {
    const lines = this.#lines ?? [];
    if (this.#named === undefined) return;
    const options = [];
    if (this.closes) options.push('close');
    if (this.keepsAlive) options.push('keep-alive');
    if (this.upgrades && upgrades) options.push('Upgrade');
    for (let index = 0; index < lines.length; index += 2) {
      const text = index > 0 || options.length === 0 ? '' : `Connection: ${options.join(', ')}\r\n`;
      edits.replace(lines[index] ?? 0, lines[index + 1] ?? 0, text);
    }
    const dropped = new Set(this.#named.filter((name) => !KEPT.has(name)));
    if (dropped.size > 0) dropNamed(edits, bytes, base, end, dropped);
  }

  /** Has the message say that its connection closes. */
  close(edits: HeadEdits): void {
    this.#named ??= [];
    this.keepsAlive = false;
    if (this.#lines === undefined) edits.add('Connection', 'close');
    this.closes = true;
  }

  #split(value: string): void {
    const named = (this.#named ??= []);
    for (const part of value.split(',')) {
      const option = part.trim().toLowerCase();
      if (option === 'close') this.closes = true;
      else if (option === 'keep-alive') this.keepsAlive = true;
      else if (option === 'upgrade') this.upgrades = true;
      else if (option !== '') named.push(option);
    }
  }
}

/** Walks the lines of a head once more, which only a field that names others needs. */
function dropNamed(edits: HeadEdits, bytes: Buffer, base: number, end: number, names: ReadonlySet<string>): void {
  let from = bytes.indexOf('\r\n', base) + 2;
  while (from > 1 && from < end - 2) {
    const to = bytes.indexOf('\r\n', from) + 2;
    const name = textOf(bytes, from, bytes.indexOf(':', from)).toLowerCase();
    if (names.has(name)) edits.replace(from - base, to - base, '');
    from = to;
  }
}
