import { randomInt } from 'node:crypto';
import type { ProbeConfig } from '../../settings/config.ts';
import type { Manner, Profile } from '../../simulator/profile.ts';
import { roster } from '../../simulator/profiles.ts';
import { version } from '../../version.ts';
import { judge, type Runs } from './finding.ts';
import { chooseCalls, readGiven, type Given } from './given.ts';
import { survey } from './survey.ts';
import { readHeaders } from '../target/headers.ts';
import { asJson } from './json.ts';
import { measure } from './measure.ts';
import { modesFor, run, type Mode, type ModeName } from './mode.ts';
import { createStage, type Stage } from '../target/connections.ts';
import type { Outcome } from './outcome.ts';
import { exitCodeFor, notTested, verdictOn, type Report } from './verdict.ts';
import { inWords } from './words.ts';

export interface ProbeSurroundings {
  /** What was asked for: the report. */
  print(text: string): void;
  /** A line for people. */
  tell(line: string): void;
  /** What is being done just now, on a terminal. */
  progress(what: string | undefined): void;
  readonly colours: boolean;
  /** Resolves when the probe is to end. */
  readonly stopped: Promise<void>;
  /** What conversation ids and arguments start from. */
  readonly seed?: number;
}

/** Who asks, when no other client is played. */
const OURSELVES: Manner = {
  name: 'probe',
  client: { name: 'mcpspan-probe', version },
  era: 'legacy',
  protocolVersion: '2025-11-25',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': `mcpspan-probe/${version}` },
  callMeta: {},
  opensStream: false,
};

/** Rounds to learn what varies by itself, and again as many to be sure where something differs. */
const ROUNDS = 2;
const MAX_REDIRECTS = 3;

/**
 * Makes the same calls in one session, in a session each, and in none, and compares what came of them. Resolves with the
 * exit code: 1 where an answer depends on the session, 2 where nothing could be tested, or not as the client played.
 */
export async function probe(config: ProbeConfig, surroundings: ProbeSurroundings): Promise<number> {
  const { tell, print, progress, colours, stopped, seed = randomInt(1, 2 ** 31) } = surroundings;
  const profile = roster.find(({ name }) => name === config.as);
  const headers = readHeaders(config.header);
  const given = await readGiven(config);
  const problems = [
    ...(config.as !== undefined && profile === undefined
      ? [`--as: '${config.as}' is not one of ${roster.map(({ name }) => name).join(', ')}`]
      : []),
    ...('problems' in headers ? headers.problems : []),
    ...('problems' in given ? given.problems : []),
  ];
  for (const problem of problems) tell(`mcpspan: ${problem}`);
  if (problems.length > 0 || 'problems' in headers || 'problems' in given) return 2;

  const abort = new AbortController();
  void stopped.then(() => abort.abort());
  const longestMs = config.timeout * 1_000;
  const stageFor = (url: string): Stage =>
    createStage({ url, headers: headers.headers, longestMs, seed, signal: abort.signal });
  const manner = profile === undefined ? OURSELVES : mannerOf(profile);
  const task: Task = { config, profile, manner, given, seed, progress };
  let report = await examine(stageFor(config.url.href), task);
  for (let redirects = 0; 'movedTo' in report && redirects < MAX_REDIRECTS; redirects++) {
    tell(`mcpspan: it redirects to ${report.movedTo}`);
    report = await examine(stageFor(report.movedTo), task);
  }
  progress(undefined);
  if (abort.signal.aborted) {
    tell('mcpspan: stopped before the end: nothing is said');
    return 2;
  }
  if ('movedTo' in report) {
    tell(`mcpspan: ${config.url.href} redirects in a circle`);
    return 2;
  }
  print(config.json ? asJson(report) : inWords(report, colours));
  return exitCodeFor(report.verdict);
}

/** Modern clients are played in both eras: what counts is what they send along. */
const mannerOf = (profile: Profile): Manner => ({
  ...profile,
  protocolVersion: profile.era === 'modern' ? OURSELVES.protocolVersion : profile.protocolVersion,
});

interface Task {
  readonly config: ProbeConfig;
  readonly profile: Profile | undefined;
  readonly manner: Manner;
  readonly given: Given;
  readonly seed: number;
  progress(what: string): void;
}

async function examine(
  stage: Stage,
  { config, profile, manner, given, seed, progress }: Task,
): Promise<Report | { readonly movedTo: string }> {
  const { recording } = given;
  const { url } = stage;
  const nothing = {
    url,
    as: config.as,
    recording,
    modes: [],
    rounds: 0,
    findings: [],
    leftOut: [],
    measures: undefined,
  };
  if (recording?.obstacle !== undefined) {
    const { leftOut, obstacle } = recording;
    return { ...nothing, ground: undefined, leftOut, verdict: notTested(obstacle) };
  }
  progress('who is there');
  const ground = await survey(stage, manner);
  if ('movedTo' in ground) return ground;
  if ('what' in ground) return { ...nothing, ground: undefined, verdict: notTested(ground) };

  const { calls, leftOut } = chooseCalls(given, ground.tools ?? [], config['allow-writes'], seed);
  const modes = modesFor(ground, manner);
  const { runs, rounds } = await compareModes(stage, modes, calls, progress);
  const findings = judge(calls, modes, runs);
  const measures = await measure(stage, ground, manner, config.handshakes, progress);
  const verdict = verdictOn({ findings, leftOut, ground, given, profile });
  return { ...nothing, ground, modes, rounds, findings, leftOut, measures, verdict };
}

/** By turns: what changes with time alone then changes within a mode too, and is not taken for a difference. */
async function compareModes(
  stage: Stage,
  modes: readonly Mode[],
  calls: Parameters<typeof run>[1],
  progress: (what: string) => void,
): Promise<{ runs: Runs; rounds: number }> {
  const runs = new Map<ModeName, (readonly Outcome[])[]>(modes.map(({ name }) => [name, []]));
  let rounds = 0;
  const play = async (played: readonly Mode[]): Promise<void> => {
    for (let round = 0; round < ROUNDS && !stage.signal.aborted; round++) {
      rounds += 1;
      for (const mode of played) {
        const told = `round ${rounds}, ${mode.title}`;
        const conversation = stage.converse(`${mode.name} ${rounds}`);
        const onCall = (made: number): void => progress(`${told}: ${made} of ${calls.length} calls`);
        progress(told);
        runs.get(mode.name)?.push(await run(mode, calls, conversation, onCall));
      }
    }
  };
  if (calls.length === 0) return { runs, rounds };
  await play(modes);
  const [first, ...others] = modes;
  const findings = judge(calls, modes, runs);
  const suspects = others.filter(({ name }) =>
    findings.some(({ judgements }) => judgements.get(name)?.kind === 'differs'),
  );
  if (first !== undefined && suspects.length > 0) await play([first, ...suspects]);
  return { runs, rounds };
}
