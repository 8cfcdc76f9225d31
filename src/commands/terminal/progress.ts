import type { Timers } from '../../transport/timers.ts';

type ProgressStream = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>;

/** Shows what is being done; without a text it is over. */
type Progress = (what?: string) => void;

/** Moves to the first column and erases the line (ECMA-48: CR, EL). */
const ERASE_LINE = '\r\u001B[2K';
const DEFAULT_COLUMNS = 80;
/** A log takes a line so often at most: what is done sooner needs none. */
const LINE_MS = 5_000;

/** On a terminal, one line that changes and goes away in the end; elsewhere, a plain line now and then. */
export const progressOn = (stream: ProgressStream, timers: Timers): Progress =>
  stream.isTTY ? onOneLine(stream) : inLines(stream, timers);

const onOneLine =
  (stream: ProgressStream): Progress =>
  (what) => {
    const text = what === undefined ? '' : `  ${what} …`.slice(0, (stream.columns || DEFAULT_COLUMNS) - 1);
    stream.write(`${ERASE_LINE}${text}`);
  };

/** What lasts is said once. */
function inLines(stream: ProgressStream, { after }: Timers): Progress {
  let current: string | undefined;
  let said: string | undefined;
  let cancel: (() => void) | undefined;
  const say = (): void => {
    if (current !== said) stream.write(`mcpspan: ${current} …\n`);
    said = current;
    cancel = after(LINE_MS, say);
  };
  return (what) => {
    current = what;
    if (what !== undefined) cancel ??= after(LINE_MS, say);
    else {
      cancel?.();
      cancel = undefined;
      said = undefined;
    }
  };
}
