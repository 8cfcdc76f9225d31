import { randomInt } from 'node:crypto';
import type { ProbeConfig } from '../../settings/config.ts';
import type { Manner, Profile } from '../../simulator/profile.ts';
import { roster } from '../../simulator/profiles.ts';
import { now } from '../../transport/clock.ts';
import { version } from '../../version.ts';
import { judge, type Runs } from './finding.ts';
import { chooseCalls, readCallSource, type CallSource } from './call-source.ts';
import { surveyServer } from './survey.ts';
import { readHeaders } from '../target/headers.ts';
import { reportJson } from './report-json.ts';
import { measure } from './measure.ts';
import { modesFor, run, type Mode, type ModeName } from './mode.ts';
import { createConnections, type Connections } from '../target/connections.ts';
import { upstreamTls } from '../target/upstream-tls.ts';
import type { CallOutcome } from './call-outcome.ts';
import { rememberProbe } from './remembering.ts';
import { exitCodeFor, notTested, verdictOn, type Report } from './verdict.ts';
import { reportText } from './report-text.ts';

export interface ProbeSurroundings {
  /** Prints the report. */
  print(text: string): void;
  /** Says a line to people. */
  tell(line: string): void;
  /** Shows on a terminal what is being done. */
  progress(what: string | undefined): void;
  readonly colours: boolean;
  /** Resolves when the probe must end. */
  readonly stopped: Promise<void>;
  /** The seed of conversation ids and arguments. */
  readonly seed?: number;
}

/** The client that is played where the user names none. */
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

/** Tells a mcpspan on the way that this is no client, whichever it plays. */
const MARK = { 'Mcpspan-Probe': version };

/** Rounds that show what varies by itself; where something differs, as many again to be sure. */
const ROUNDS = 2;
const MAX_REDIRECTS = 3;

/**
 * Makes the same calls in one session, in a session each, and without a session, and compares the outcomes. Resolves with
 * the exit code: 1 where an answer depends on the session, 2 where nothing could be tested, or not as the client played.
 */
export async function probe(config: ProbeConfig, surroundings: ProbeSurroundings): Promise<number> {
  const { tell, print, progress, colours, stopped, seed = randomInt(1, 2 ** 31) } = surroundings;
  const profile = roster.find(({ name }) => name === config.as);
  const headers = readHeaders(config.header);
  const source = await readCallSource(config);
  const problems = [
    ...(config.as !== undefined && profile === undefined
      ? [`--as: '${config.as}' is not one of ${roster.map(({ name }) => name).join(', ')}`]
      : []),
    ...('problems' in headers ? headers.problems : []),
    ...('problems' in source ? source.problems : []),
  ];
  for (const problem of problems) tell(`mcpspan: ${problem}`);
  if (problems.length > 0 || 'problems' in headers || 'problems' in source) return 2;

  const abort = new AbortController();
  void stopped.then(() => abort.abort());
  const timeoutMs = config.timeout * 1_000;
  const tls = config.url.protocol === 'https:' ? upstreamTls(config) : {};
  const connectionsTo = (url: string): Connections =>
    createConnections({ url, headers: { ...headers.headers, ...MARK }, timeoutMs, tls, seed, signal: abort.signal });
  const manner = profile === undefined ? OURSELVES : mannerOf(profile);
  const task: Task = { config, profile, manner, source, seed, progress };
  let report = await examine(connectionsTo(config.url.href), task);
  for (let redirects = 0; 'movedTo' in report && redirects < MAX_REDIRECTS; redirects++) {
    tell(`mcpspan: the server redirects to ${report.movedTo}`);
    report = await examine(connectionsTo(report.movedTo), task);
  }
  progress(undefined);
  if (abort.signal.aborted) {
    tell('mcpspan: stopped before the end: no result');
    return 2;
  }
  if ('movedTo' in report) {
    tell(`mcpspan: ${config.url.href} redirects in a circle`);
    return 2;
  }
  print(config.json ? reportJson(report) : reportText(report, colours));
  const remembered = rememberProbe(report, config, now);
  if (remembered !== undefined) tell(remembered);
  return exitCodeFor(report.verdict);
}

/** Modern clients are played in both eras: the probe needs their headers and `_meta`. */
const mannerOf = (profile: Profile): Manner => ({
  ...profile,
  protocolVersion: profile.era === 'modern' ? OURSELVES.protocolVersion : profile.protocolVersion,
});

interface Task {
  readonly config: ProbeConfig;
  readonly profile: Profile | undefined;
  readonly manner: Manner;
  readonly source: CallSource;
  readonly seed: number;
  progress(what: string): void;
}

async function examine(
  connections: Connections,
  { config, profile, manner, source, seed, progress }: Task,
): Promise<Report | { readonly movedTo: string }> {
  const { recorded } = source;
  const { url } = connections;
  const nothing = {
    url,
    as: config.as,
    recorded,
    modes: [],
    rounds: 0,
    findings: [],
    leftOut: [],
    measures: undefined,
  };
  if (recorded?.obstacle !== undefined) {
    const { leftOut, obstacle } = recorded;
    return { ...nothing, survey: undefined, leftOut, verdict: notTested(obstacle) };
  }
  progress('first contact');
  const survey = await surveyServer(connections, manner);
  if ('movedTo' in survey) return survey;
  if ('what' in survey) return { ...nothing, survey: undefined, verdict: notTested(survey) };

  const { calls, leftOut } = chooseCalls(source, survey.tools ?? [], config['allow-writes'], seed);
  const modes = modesFor(survey, manner);
  const { runs, rounds } = await compareModes(connections, modes, calls, progress);
  const findings = judge(calls, modes, runs);
  const measures = await measure(connections, survey, manner, config.handshakes, progress);
  const verdict = verdictOn({ findings, leftOut, survey, source, profile });
  return { ...nothing, survey, modes, rounds, findings, leftOut, measures, verdict };
}

/** Runs the modes in turn: what changes with time alone then changes within a mode too, and is no difference. */
async function compareModes(
  connections: Connections,
  modes: readonly Mode[],
  calls: Parameters<typeof run>[1],
  progress: (what: string) => void,
): Promise<{ runs: Runs; rounds: number }> {
  const runs = new Map<ModeName, (readonly CallOutcome[])[]>(modes.map(({ name }) => [name, []]));
  let rounds = 0;
  const play = async (played: readonly Mode[]): Promise<void> => {
    for (let round = 0; round < ROUNDS && !connections.signal.aborted; round++) {
      rounds += 1;
      for (const mode of played) {
        const label = `round ${rounds}, ${mode.title}`;
        const conversation = connections.converse(`${mode.name} ${rounds}`);
        const onCall = (made: number): void => progress(`${label}: ${made} of ${calls.length} calls`);
        progress(label);
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
