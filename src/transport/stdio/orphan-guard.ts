import type { Buffer } from 'node:buffer';
import { spawn, type ChildProcess } from 'node:child_process';

/** Bash ignores SIGQUIT unless a trap says what to do. */
const QUIT_CODE = 131;

/**
 * Answers each line with one. When its stdin ends without a signal before, mcpspan was killed or has crashed. Then the
 * child's stdin has ended too; what still runs a second later gets SIGTERM, and SIGKILL after another second.
 *
 * That goes to the child, to all that it started (behind `npm` or `sh` the child is not the server), and, where mcpspan
 * led a process group, to the rest of that group: a process whose parent is gone is still found there. Where mcpspan
 * did not lead its group, the client may be in it. Processes are looked for at once, as a parent may end meanwhile, and
 * once more before the first signal. `/proc` serves where there is no `ps`, as in small container images.
 */
const SCRIPT = `: mcpspan: end process $0 and those it started when mcpspan was killed
trap '' PIPE
trap 'exit ${QUIT_CODE}' QUIT
ulimit -c 0
group=$1
tree=" $0 "
processes() {
  if [ -r /proc/self/stat ]; then
    for file in /proc/[0-9]*/stat; do
      read -r stat < "$file" || continue
      set -- \${stat##*) }
      echo "\${stat%% *}:$2:$3"
    done
  else
    ps -A -o pid= -o ppid= -o pgid= | while read -r pid parent its_group; do echo "$pid:$parent:$its_group"; done
  fi
}
look() {
  all=$(processes)
  grows=yes
  while [ $grows = yes ]; do
    grows=no
    for one in $all; do
      pid=\${one%%:*} parent=\${one#*:} its_group=\${one##*:}
      parent=\${parent%%:*}
      case "$tree" in *" $pid "*) continue;; esac
      [ "$pid" = $$ ] || [ "$parent" = $$ ] && continue
      case "$tree" in *" $parent "*) ;; *) [ "$its_group" = "$group" ] || continue;; esac
      tree="$tree$pid " grows=yes
    done
  done
}
while read -r line; do echo; done
look; sleep 1; look
kill -TERM $tree; sleep 1; kill -KILL $tree`;

/** After this time a question counts as answered: the signal did not reach the guard. */
const PATIENCE_MS = 1_000;

interface Question {
  signal: NodeJS.Signals;
  settle(reached: boolean): void;
}

interface Shell {
  process: ChildProcess;
  /** They are answered in the order in which they were asked. */
  questions: Question[];
}

/**
 * A shell beside the child, in the same process group. It does two things that Node cannot do. It outlives us, so that
 * it can end the child when we are killed. And it tells whether a signal was sent to us alone: Ctrl-C, `killpg` and
 * killers of process trees reach the child by themselves; they reach the guard too, which dies of it, and another takes
 * its place. `kill` reaches only us. Where there is no `sh`, there is no guard.
 */
export class OrphanGuard {
  readonly #child: number;
  #shell: Shell | undefined;
  /**
   * Signals that a guard died of before anybody asked. Node tells us of its end and of our own signal in either order.
   */
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
      // A signal ends it before it can answer, within 0.2 ms, unless it was stopped.
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
    const shell = spawnShell(this.#child);
    if (shell === undefined) return;
    const questions: Question[] = [];
    this.#shell = { process: shell, questions };
    shell.stdin?.on('error', () => undefined);
    shell.stdout?.on('data', (answers: Buffer) => {
      for (const { settle } of questions.splice(0, answers.length)) settle(false);
    });
    const ended = (signal: NodeJS.Signals | undefined): void => {
      this.#shell = undefined;
      let asked = false;
      for (const question of questions.splice(0)) {
        question.settle(question.signal === signal);
        asked ||= question.signal === signal;
      }
      // Where a shell cannot run, there is no use in trying again.
      if (signal === undefined || this.#dismissed) return;
      if (!asked) {
        this.#reached.add(signal);
        setTimeout(() => this.#reached.delete(signal), PATIENCE_MS);
      }
      this.#start();
    };
    shell.on('error', () => ended(undefined));
    shell.on('exit', (code, signal) => ended(signal ?? (code === QUIT_CODE ? 'SIGQUIT' : undefined)));
  }
}

function spawnShell(child: number): ChildProcess | undefined {
  try {
    return spawn('sh', ['-c', SCRIPT, String(child), String(process.pid)], { stdio: ['pipe', 'pipe', 'ignore'] });
  } catch {
    // The system allows us no further process.
    return undefined;
  }
}
