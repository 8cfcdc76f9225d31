const EMPTY = Buffer.alloc(0);

/** Where the data of a body stand in one piece of it, without what frames them. */
export class DataRanges {
  readonly #places: number[] = [];

  begin(): void {
    this.#places.length = 0;
  }

  readonly add = (_bytes: Buffer, from: number, to: number): void => {
    this.#places.push(from, to);
  };

  /** The data as one run of bytes: a view of `piece` where they stand together, as thousands of chunks may be in it. */
  of(piece: Buffer): Buffer {
    const places = this.#places;
    if (places.length === 0) return EMPTY;
    if (places.length === 2) return piece.subarray(places[0], places[1]);
    const parts: Buffer[] = [];
    for (let index = 0; index < places.length; index += 2) parts.push(piece.subarray(places[index], places[index + 1]));
    return Buffer.concat(parts);
  }
}
