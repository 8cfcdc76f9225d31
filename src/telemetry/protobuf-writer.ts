/** Bytes that one write may need for tags and lengths, in addition to its text. */
const FRAME_BYTES = 64;
const FIRST_BYTES = 64 * 1_024;
const BYTES_PER_CODE_UNIT = 3;
/** Up to this many characters, a loop is faster than a call into native code. */
const MAX_SHORT_CHARS = 24;
const TWO_32 = 2 ** 32;

const NIBBLE = new Uint8Array(128);
for (let digit = 0; digit < 16; digit++) {
  NIBBLE[digit.toString(16).charCodeAt(0)] = digit;
  NIBBLE[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

const varintSize = (value: number): number =>
  value < 0x80 ? 1 : value < 0x40_00 ? 2 : value < 0x20_00_00 ? 3 : value < 0x10_00_00_00 ? 4 : 5;

/**
 * Writes protobuf's wire format into one growing buffer, in one pass. The length of a nested message is filled in when
 * the message ends. The caller reserves room before it writes.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class ProtobufWriter {
  bytes: Buffer;
  length = 0;

  /** @param size initial capacity in bytes */
  constructor(size = FIRST_BYTES) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  /** Returns a copy of the bytes written so far. */
  taken(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.bytes, 0, this.length);
  }

  /** Makes room for `characters` of text and the tags around them. */
  reserve(characters: number): void {
    const needed = this.length + characters * BYTES_PER_CODE_UNIT + FRAME_BYTES;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  byte(value: number): void {
    this.bytes[this.length++] = value;
  }

  /** A tag and a varint of at most 32 bits, unsigned. */
  varintField(tag: number, value: number): void {
    this.byte(tag);
    this.varint(value);
  }

  varint(value: number): void {
    const { bytes } = this;
    let rest = value;
    while (rest > 0x7f) {
      bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.length++] = rest;
  }

  /** Writes a whole number as int64; negative numbers in two's complement. */
  int64(value: number): void {
    if (value >= 0 && value < TWO_32) {
      this.varint(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      this.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }

  double(value: number): void {
    this.length = this.bytes.writeDoubleLE(value, this.length);
  }

  fixed32(value: number): void {
    this.length = this.bytes.writeUInt32LE(value, this.length);
  }

  /** Writes microseconds as nanoseconds in 64 bits. A double cannot hold these numbers exactly. */
  nanoseconds(micros: number): void {
    const high = Math.floor(micros / TWO_32);
    const low = (micros - high * TWO_32) * 1_000;
    this.fixed32(low % TWO_32);
    this.fixed32(high * 1_000 + Math.floor(low / TWO_32));
  }

  /** A tag and the bytes of an id in hex. */
  hexField(tag: number, hex: string): void {
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = tag;
    bytes[at++] = hex.length >> 1;
    for (let index = 0; index < hex.length; index += 2) {
      // The caller passes only our own ids, and others that were checked, so all characters are hex digits.
      bytes[at++] = (NIBBLE[hex.charCodeAt(index)] as number) * 16 + (NIBBLE[hex.charCodeAt(index + 1)] as number);
    }
    this.length = at;
  }

  /** A tag, the length in UTF-8, and the text. The caller has reserved its characters. */
  textField(tag: number, text: string): void {
    this.byte(tag);
    const from = this.length;
    const characters = text.length;
    // The text is nearly always ASCII, where each character is one byte.
    const guess = varintSize(characters);
    let at = from + guess;
    if (characters < MAX_SHORT_CHARS) {
      const { bytes } = this;
      let index = 0;
      for (; index < characters; index++) {
        const code = text.charCodeAt(index);
        if (code > 0x7f) break;
        bytes[at++] = code;
      }
      if (index < characters) at = from + guess + bytes.write(text, from + guess);
    } else {
      at += this.bytes.write(text, at);
    }
    this.length = at;
    this.#fillIn(from, guess);
  }

  raw(bytes: Uint8Array): void {
    if (bytes.length < MAX_SHORT_CHARS * 2) {
      const target = this.bytes;
      let at = this.length;
      for (let index = 0; index < bytes.length; index++) target[at++] = bytes[index] as number;
      this.length = at;
    } else {
      this.bytes.set(bytes, this.length);
      this.length += bytes.length;
    }
  }

  /** Begins a nested message whose length probably takes `width` bytes. Pass the returned value to `end`. */
  begin(tag: number, width: 1 | 2): number {
    this.byte(tag);
    const from = this.length;
    this.length += width;
    return from;
  }

  end(from: number, width: 1 | 2): void {
    this.#fillIn(from, width);
  }

  /** Writes the length into the gap of `width` bytes at `from`. If it needs another width, the content after it moves. */
  #fillIn(from: number, width: number): void {
    const end = this.length;
    const size = end - from - width;
    const needed = varintSize(size);
    if (needed !== width) this.bytes.copyWithin(from + needed, from + width, end);
    this.length = from;
    this.varint(size);
    this.length = end + needed - width;
  }
}
