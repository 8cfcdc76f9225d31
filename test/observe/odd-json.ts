/** mulberry32: numbers from 0 to below 1, the same ones for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Writes JSON the way nobody does: spaces anywhere, escapes where none are needed, equal keys, odd keys. */
export class OddJson {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = random(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#next() * limit);
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  space(): string {
    return this.below(4) === 0 ? this.pick([' ', '\n', '\t', '\r\n  ']) : '';
  }

  string(value: string): string {
    const escaped = Array.from(value, (character) => {
      if (this.below(12) !== 0 && character >= ' ' && character !== '"' && character !== '\\') return character;
      if (character === '/') return '\\/';
      const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
      return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
    });
    return `"${escaped.join('')}"`;
  }

  word(): string {
    const letters = Array.from({ length: this.below(9) }, () =>
      this.pick(['a', 'z', '0', ' ', '"', '\\', '\\"', '{', '}', '[', ']', ':', ',', 'é', '語', '😀', '\n', '/']),
    );
    return letters.join('');
  }

  key(): string {
    return this.pick([this.word(), this.word(), 'name', 'uri', 'id', '__proto__', 'constructor', 'tools', '_meta']);
  }

  value(depth: number): string {
    const kind = depth === 0 ? this.below(4) : this.below(6);
    if (kind === 0) return this.pick(['0', '-1.50', '2e3', '12345678901234567890']);
    if (kind === 1) return this.pick(['true', 'false', 'null']);
    if (kind < 4) return this.string(this.word());
    const items = Array.from({ length: this.below(4) }, () => this.value(depth - 1));
    if (kind === 4) return `[${this.space()}${items.join(`${this.space()},${this.space()}`)}${this.space()}]`;
    return this.object(items.map((item) => this.member(this.key(), item)));
  }

  member(key: string, value: string): string {
    return `${this.string(key)}${this.space()}:${this.space()}${value}`;
  }

  object(members: readonly string[]): string {
    return `{${this.space()}${members.join(`${this.space()},${this.space()}`)}${this.space()}}`;
  }

  members(count: number): string[] {
    return Array.from({ length: count }, () => this.member(this.key(), this.value(2)));
  }

  shuffled(members: readonly string[]): string[] {
    return members
      .map((member) => ({ member, at: this.below(1000) }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ member }) => member);
  }

  /** More than 2 KiB of anything. */
  bulk(): string {
    const fill = JSON.stringify(this.pick(['x', '"', '\\', '\\"', 'é', '😀{', '"]}']).repeat(2200));
    switch (this.below(5)) {
      case 0:
        return fill;
      case 1:
        return `[${fill}]`;
      case 2:
        return `[${Array.from({ length: 700 }, () => this.value(1)).join(',')}]`;
      case 3:
        return this.object([this.member('a', fill), ...this.members(3)]);
      default:
        return `${'['.repeat(1500)}${']'.repeat(1500)}`;
    }
  }
}
