import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program that runs until it is told to stop. */
export interface Program extends AsyncDisposable {
  stderr(): string;
  /** Resolves with the first group once stderr matches. Rejects when the program ends before. */
  line(pattern: RegExp): Promise<string>;
  /** SIGTERM, then the exit code. */
  stop(): Promise<unknown>;
}

export function startProgram(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Program {
  const child = spawn(command, args, { env: { ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close').then(([code]: unknown[]) => code);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return {
    stderr: () => stderr,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const [, found] = pattern.exec(stderr) ?? [];
          if (found !== undefined) resolve(found);
        };
        child.stderr.on('data', look);
        look();
        void ended.then(() => reject(new Error(`it ended before that was said:\n${stderr}`)));
      }),
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
