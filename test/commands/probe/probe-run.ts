import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probe } from '../../../src/commands/probe/probe.ts';
import { parseConfig, type ProbeConfig } from '../../../src/settings/config.ts';
import { afterAll } from 'vitest';
import { temporaryFolder } from '../../store/store-rig.ts';

export interface Probed {
  readonly code: number;
  /** What was printed. */
  readonly text: string;
  readonly told: readonly string[];
  readonly progress: readonly (string | undefined)[];
}

/** Probes as the command line would by default, but with few handshakes. */
export async function runProbe(
  url: string,
  options: Partial<ProbeConfig> = {},
  stopped: Promise<void> = new Promise(() => undefined),
): Promise<Probed> {
  let text = '';
  const told: string[] = [];
  const progress: (string | undefined)[] = [];
  const parsed = parseConfig(['probe', url, '--store', 'off', '--handshakes', '6', '--timeout', '20'], {});
  if (!parsed.ok || parsed.command !== 'probe') throw new Error('these arguments probe');
  const code = await probe(
    { ...parsed.config, ...options },
    {
      print: (part) => void (text += part),
      tell: (line) => void told.push(line),
      progress: (what) => void progress.push(what),
      colours: false,
      stopped,
      seed: 1,
    },
  );
  return { code, text, told, progress };
}

/** The same as JSON. */
export async function probeJson(
  url: string,
  options: Partial<ProbeConfig> = {},
): Promise<Probed & { report: ProbeReport }> {
  const probed = await runProbe(url, { ...options, json: true });
  // What the command documents.
  return { ...probed, report: JSON.parse(probed.text) as ProbeReport };
}

interface Compared {
  readonly kind: 'same' | 'differs' | 'refused' | 'unclear';
  readonly varies?: boolean;
  readonly differences?: readonly { path: string; one: string; other: string }[];
}

export interface ProbeReport {
  readonly verdict: string;
  readonly why: string | null;
  readonly cure: string | null;
  readonly session: { id: string; client: string; gone: number; answersCaptured: boolean } | null;
  readonly rounds: number;
  readonly calls: readonly { title: string; outcome: string; compared: Readonly<Record<string, Compared>> }[];
  readonly leftOut: readonly { what: string; why: string }[];
  readonly measured: {
    readonly handshakes: { method: string; count: number; p50Ms: number; p95Ms: number };
    readonly sessions: {
      opened: number;
      answering: number;
      deleteStatus: number;
      outlivesDelete: boolean | null;
    } | null;
    readonly atOnce: { clients: number; answered: number; distinctIds: number };
    readonly deadSessionStatus: number | null;
    readonly get: { status: number; stream: boolean };
    readonly remarks: readonly { what: string; found: string; cure: string | null }[];
  };
}

/** How each call compares, by mode: `{ get_latest_answer: 'differs', … }`. */
export const comparedIn = (report: ProbeReport, mode: string): Record<string, string | undefined> =>
  Object.fromEntries(report.calls.map(({ title, compared }) => [title, compared[mode]?.kind]));

const scratch = temporaryFolder();
afterAll(() => scratch[Symbol.dispose]());

/** A file with a list of calls, until the tests of the file that asks are over. */
export function callsFile(content: unknown): string {
  const path = join(mkdtempSync(scratch.in('calls-')), 'calls.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** Create, answer what was created, look the answer up. */
export const QUIZ_CALLS = {
  calls: [
    { name: 'made', tool: 'create_question', arguments: { level: 'a1' } },
    { tool: 'submit_answer', arguments: { questionId: '${made.text.questionId}', answer: 'der Apfel' } },
    { tool: 'get_latest_answer' },
  ],
};
