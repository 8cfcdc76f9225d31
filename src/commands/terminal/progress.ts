/** Shows what is being done on one line of a terminal; nothing where there is none. Undefined: the line goes away. */
export function progressOn(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>): (what?: string) => void {
  if (!stream.isTTY) return () => undefined;
  return (what) => {
    const text = what === undefined ? '' : `  ${what} …`.slice(0, (stream.columns || 80) - 1);
    stream.write(`\r\u001B[2K${text}`);
  };
}
