import { styleText } from 'node:util';

/** Where a command writes to. */
export interface Out {
  /** The width of the terminal; undefined: no terminal, and lines may be of any length. */
  columns: number | undefined;
  colours: boolean;
  write(text: string): void;
}

export type Colour = 'bold' | 'dim' | 'red' | 'yellow' | 'green';

/** Whether to colour what goes to a stream: on a terminal only, and as `NO_COLOR` and `FORCE_COLOR` say. */
export const hasColours = (stream: NodeJS.WriteStream): boolean => styleText('bold', 'x', { stream }) !== 'x';

export const outTo = (stream: NodeJS.WriteStream): Out => ({
  columns: stream.isTTY ? stream.columns : undefined,
  colours: hasColours(stream),
  write: (text) => void stream.write(text),
});

export const painted = (text: string, colour: Colour | undefined, { colours }: Pick<Out, 'colours'>): string =>
  !colours || colour === undefined || text === '' ? text : styleText(colour, text, { validateStream: false });
