import { createInterface } from 'node:readline';

/** Asks on a terminal whether to go on. Anything but yes is no, and so is the end of what comes from it. */
export function confirmOn(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
): (question: string) => Promise<boolean> {
  return (question) =>
    new Promise((resolve) => {
      // The terminal's own line editing: with that of Node, Ctrl-C would not end us.
      const lines = createInterface({ input, terminal: false });
      output.write(`${question} [y/N] `);
      lines.once('line', (line) => {
        resolve(/^y(es)?$/i.test(line.trim()));
        lines.close();
      });
      lines.once('close', () => resolve(false));
    });
}
