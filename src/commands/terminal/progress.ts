type ProgressStream = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>;

/** Moves to the first column and erases the line (ECMA-48: CR, EL). */
const ERASE_LINE = '\r\u001B[2K';
const DEFAULT_COLUMNS = 80;

/** Shows on one line of a terminal what is being done; without a text the line goes away. Elsewhere it writes nothing. */
export function progressOn(stream: ProgressStream): (what?: string) => void {
  if (!stream.isTTY) return () => undefined;
  return (what) => {
    const text = what === undefined ? '' : `  ${what} …`.slice(0, (stream.columns || DEFAULT_COLUMNS) - 1);
    stream.write(`${ERASE_LINE}${text}`);
  };
}
