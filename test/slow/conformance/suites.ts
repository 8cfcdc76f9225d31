import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { suiteEntry } from './packages.ts';

/** A part of the official suites, as it is chosen on their command line. */
export interface Selection {
  /** Which of the packages beside this file. */
  readonly suite: '0.1' | '0.2';
  readonly choose: string;
}

/** What the checks of a scenario said, those that only inform apart. */
export type Verdict = readonly string[];
/** By name of the scenario. */
export type Results = Readonly<Record<string, Verdict>>;
export type Outcome = ReadonlyMap<Selection, Results>;

/** Everything the suites have for servers, at every revision they know. */
export const SERVER_SELECTIONS: readonly Selection[] = [
  { suite: '0.2', choose: '--requirements 2026-07-28' },
  { suite: '0.2', choose: '--suite all --spec-version 2026-07-28' },
  { suite: '0.2', choose: '--suite all --spec-version 2025-11-25' },
  { suite: '0.2', choose: '--suite all --spec-version 2025-06-18' },
  { suite: '0.2', choose: '--suite all --spec-version 2025-03-26' },
  { suite: '0.1', choose: '--suite all --spec-version 2025-11-25' },
  { suite: '0.1', choose: '--suite all --spec-version 2025-06-18' },
];

/** And for clients. */
export const CLIENT_SELECTIONS: readonly Selection[] = [
  { suite: '0.2', choose: '--requirements 2026-07-28' },
  { suite: '0.2', choose: '--requirements 2025-11-25' },
  { suite: '0.2', choose: '--suite all --spec-version 2025-06-18' },
  { suite: '0.2', choose: '--suite all --spec-version 2025-03-26' },
  { suite: '0.1', choose: '--suite all' },
];

/** Runs selections two at a time: they spend half of their time waiting. */
export async function runAll(
  role: 'server' | 'client',
  selections: readonly Selection[],
  more: readonly string[],
): Promise<Outcome> {
  const queue = [...selections];
  const outcome = new Map<Selection, Results>();
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      outcome.set(next, await runSuite(role, next, more));
    }
  };
  await Promise.all([work(), work()]);
  return outcome;
}

const Checks = z.array(
  z.object({ id: z.string(), name: z.string(), status: z.string(), errorMessage: z.string().optional() }),
);
/** What differs from run to run. */
const VOLATILE: readonly [RegExp, string][] = [
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UUID'],
  [/\b(localhost|127\.0\.0\.1):\d+/g, '$1:PORT'],
  [/\b\d+(\.\d+)? ?ms\b/g, 'N ms'],
];

/** A client that comes back late does so on a busy machine: only one that comes back early breaks a rule. */
const LATE = /^Client reconnected (slightly|very) late/;

/** Runs a selection as `conformance server` or `conformance client` does, and reads what it wrote down. */
async function runSuite(role: string, { suite, choose }: Selection, more: readonly string[]): Promise<Results> {
  const entry = await suiteEntry(suite);
  const output = await mkdtemp(join(tmpdir(), 'mcpspan-conformance-'));
  try {
    const args = [entry, role, ...choose.split(' '), ...more, '-o', output];
    const child = spawn(process.execPath, args, { cwd: output, stdio: ['ignore', 'pipe', 'pipe'] });
    const [said] = await Promise.all([text(child.stderr), text(child.stdout), once(child, 'close')]);
    const results: Record<string, Verdict> = {};
    for (const file of globSync('**/checks.json', { cwd: output })) {
      const scenario = dirname(file)
        .replace(/-\d{4}-\d\d-\d\dT.*$/, '')
        .replace(/^server-/, '');
      results[scenario] = verdictOf(Checks.parse(JSON.parse(await readFile(join(output, file), 'utf8'))));
    }
    if (Object.keys(results).length === 0) throw new Error(`conformance ${role} ${choose} ran nothing:\n${said}`);
    return results;
  } finally {
    await rm(output, { recursive: true });
  }
}

function verdictOf(checks: z.infer<typeof Checks>): Verdict {
  return checks
    .filter(({ status }) => status !== 'INFO')
    .map(({ id, name, status, errorMessage }) => {
      if (errorMessage !== undefined && LATE.test(errorMessage)) return `SUCCESS ${id} (${name})`;
      const why = VOLATILE.reduce((message, [pattern, stand]) => message.replace(pattern, stand), errorMessage ?? '');
      return `${status} ${id} (${name})${why === '' ? '' : `: ${why}`}`;
    });
}
