import type { Buffer } from 'node:buffer';
import { spawn, type ChildProcess } from 'node:child_process';

/** Bash ignores SIGQUIT unless it is told what to do. */
const QUIT_CODE = 131;

/**
 * Answers each line with one. When we are gone without a word, by SIGKILL or a crash, it ends the child, whose stdin
 * ended with us: a second later by SIGTERM, after another by SIGKILL.
 */
const SCRIPT = `: mcpspan: end process $0 when mcpspan was killed
trap '' PIPE
trap 'exit ${QUIT_CODE}' QUIT
ulimit -c 0
while read -r line; do echo; done
sleep 1; kill -TERM "$0" && sleep 1 && kill -KILL "$0"`;

/** Whatever has not been told by then is not: that a signal reached a guard, or that it did not. In milliseconds. */
const PATIENCE_MS = 1_000;

interface Question {
  signal: NodeJS.Signals;
  settle(reached: boolean): void;
}

interface Shell {
  process: ChildProcess;
  /** In the order in which they were asked, as they are answered. */
  questions: Question[];
}

/**
 * A shell beside the child, in the same process group, for two things that Node cannot do. It outlives us, and so keeps
 * the child from being orphaned. And it knows whether a signal was for us alone: Ctrl-C, `killpg` and killers of process
 * trees reach the child by themselves, and the guard too, which dies of it (another takes its place); `kill` reaches only
 * us. Where there is no `sh`, there is no guard.
 */
export class Guard {
  readonly #child: number;
  #shell: Shell | undefined;
  /** What a guard died of before anybody asked: of its end and of the signal we are told in any order. */
  readonly #reached = new Set<NodeJS.Signals>();
  #dismissed = false;

  /** @param child the id of the process to guard. */
  constructor(child: number) {
    this.#child = child;
    this.#start();
  }

  /** Whether a signal that has just reached us reached the others of our process group as well. */
  reached(signal: NodeJS.Signals): Promise<boolean> {
    const shell = this.#shell;
    if (shell === undefined || this.#reached.has(signal)) return Promise.resolve(this.#reached.delete(signal));
    return new Promise((settle) => {
      shell.questions.push({ signal, settle });
      // What has reached it ends it before it can answer: in 0.2 ms, unless it was stopped.
      shell.process.stdin?.write('\n');
      setTimeout(() => settle(false), PATIENCE_MS);
    });
  }

  /** The child is gone. */
  dismiss(): void {
    this.#dismissed = true;
    this.#shell?.process.kill('SIGKILL');
  }

  #start(): void {
    const process = spawnShell(String(this.#child));
    if (process === undefined) return;
    const questions: Question[] = [];
    this.#shell = { process, questions };
    process.stdin?.on('error', () => undefined);
    process.stdout?.on('data', (answers: Buffer) => {
      for (const { settle } of questions.splice(0, answers.length)) settle(false);
    });
    const ended = (signal: NodeJS.Signals | undefined): void => {
      this.#shell = undefined;
      let asked = false;
      for (const question of questions.splice(0)) {
        question.settle(question.signal === signal);
        asked ||= question.signal === signal;
      }
      // Where it cannot run there is no use in trying again.
      if (signal === undefined || this.#dismissed) return;
      if (!asked) {
        this.#reached.add(signal);
        setTimeout(() => this.#reached.delete(signal), PATIENCE_MS);
      }
      this.#start();
    };
    process.on('error', () => ended(undefined));
    process.on('exit', (code, signal) => ended(signal ?? (code === QUIT_CODE ? 'SIGQUIT' : undefined)));
  }
}

function spawnShell(child: string): ChildProcess | undefined {
  try {
    return spawn('sh', ['-c', SCRIPT, child], { stdio: ['pipe', 'pipe', 'ignore'] });
  } catch {
    // The system gives us no further process.
    return undefined;
  }
}
