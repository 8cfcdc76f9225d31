import type { Profile, Step } from '../../simulator/profile.ts';
import { claudeCode } from '../../simulator/anthropic-profiles.ts';
import { vscode } from '../../simulator/editor-profiles.ts';
import { chatgpt2025 } from '../../simulator/openai-profiles.ts';
import { call, list, open, perCall } from '../../simulator/steps.ts';
import type { Habits } from './virtual-relay.ts';

/** A client that comes during the hour: when, and how many users it has. Times are minutes of sixty. */
export interface Visit {
  readonly profile: Profile;
  readonly from: number;
  readonly until: number;
  readonly users: number;
  readonly habits: Habits;
}

/** Clients that came during the hour besides those of the live part, unless `--profile` names others. */
export const visitors: readonly Profile[] = [vscode, claudeCode];

/** What happens to the app, in minutes of the hour. */
export const HOUR = {
  /** `grade_essay` is slow, and fails. */
  trouble: { from: 22, until: 27 },
  /** Hardly anybody works. */
  lunch: { from: 30, until: 36 },
  /** The app restarts with other tools, and has lost its sessions. */
  release: 38,
} as const;

/** Steps with the tools of the grown app, in addition to those of each profile. */
const FURTHER_STEPS: Readonly<{ [profile: string]: readonly Step[] }> = {
  'chatgpt-2025': [
    ...perCall(105, 'get_learning_report'),
    ...perCall(112, 'grade_essay'),
    ...perCall(118, 'grade_essay'),
    ...perCall(124, 'grade_essay'),
  ],
  'chatgpt-2026': [call(37, 'get_learning_report'), call(96, 'grade_essay')],
  'claude-2026-03': [call(63, 'get_learning_report'), call(92, 'grade_essay'), call(112, 'get_learning_report')],
  'modern-stateless': [call(44, 'get_learning_report'), call(100, 'grade_essay')],
  vscode: [call(20, 'start_lesson'), call(50, 'grade_essay'), call(76, 'grade_essay'), call(98, 'get_learning_report')],
  'claude-code': [call(40, 'grade_essay'), call(54, 'grade_essay'), call(86, 'get_learning_report')],
};

/** An agent that has a pile of essays graded. */
const essays: readonly Step[] = [
  open(0),
  list(1, 'tools'),
  ...[4, 22, 40, 58, 76].map((at) => call(at, 'grade_essay')),
];

const calls = (step: Step, tool: string): boolean => step.does === 'call' && step.tool === tool;

/** The profile with steps for the grown app added. It does not ask for the latest answer before it gave one. */
export function withGrownApp(profile: Profile): Profile {
  const steps = [...profile.steps, ...(FURTHER_STEPS[profile.name] ?? [])].toSorted((a, b) => a.at - b.at);
  const submits = steps.findIndex((step) => calls(step, 'submit_answer'));
  return { ...profile, steps: steps.filter((step, at) => at > submits || !calls(step, 'get_latest_answer')) };
}

const SECOND_MS = 1_000;
/** How long users wait before they give up a call. Chosen to be about as long as the worst calls. */
const PATIENT = { patienceMs: 9 * SECOND_MS };
/** Editors are known to ask for progress. */
const progressToken = { progressToken: '{noise}' };
/** How long people think: from, to. */
const THINKING_SECONDS = [2, 7] as const;
const accepts: NonNullable<Habits['reply']> = (_request, random) => ({
  result: { action: 'accept', content: { level: random.pick(['a2', 'b1', 'b1']) } },
  ms: random.between(...THINKING_SECONDS) * SECOND_MS,
});

/** The visits of a profile during the hour. A profile that is not named here comes and goes the whole time. */
export function visitsOf(profile: Profile): readonly Visit[] {
  const played = withGrownApp(profile);
  const visit = (from: number, until: number, users = 1, own: Profile = played, habits: Habits = {}): Visit => {
    return { profile: own, from, until, users, habits };
  };
  switch (profile.name) {
    case 'chatgpt-2025':
      return [visit(0, 60), visit(9, 16)];
    case 'chatgpt-2026':
      // It opened a session per call until its maker changed that, so it begins as the older profile.
      return [visit(0, 4, 1, { ...withGrownApp(chatgpt2025), name: played.name }), visit(5, 60), visit(42, 56)];
    case 'claude-2026-03': {
      const steps = played.steps.filter(({ does }) => does !== 'list' && does !== 'read');
      const before = { ...played, protocolVersion: '2025-06-18', steps };
      return [
        visit(0, 19, 1, before, PATIENT),
        visit(6, 17, 1, before, PATIENT),
        visit(20, 60, 1, played, PATIENT),
        visit(20, 29, 1, played, PATIENT),
        visit(20.5, 27, 2, { ...played, steps: essays }, PATIENT),
        // Connects shortly before the release, and finds its session gone.
        visit(36.8, 38, 1, played, PATIENT),
        visit(44, 55, 1, played, PATIENT),
      ];
    }
    case 'modern-stateless':
      return [visit(0, 60), visit(48, 57)];
    case 'vscode': {
      const own = { ...played, callMeta: { ...played.callMeta, ...progressToken } };
      const habits = { ...PATIENT, reply: accepts };
      const older = { ...own, client: { ...own.client, version: '1.104.0' } };
      return [visit(3, 31, 1, older, habits), visit(37, 58, 1, own, habits)];
    }
    case 'claude-code': {
      const own = { ...played, callMeta: { ...played.callMeta, ...progressToken } };
      return [visit(12, 29, 1, own, PATIENT), visit(41, 57, 1, own, PATIENT)];
    }
    case 'reconnect-loop':
      return [visit(11, 12), visit(38, 45), visit(58, 60)];
    case 'scanner':
      return [visit(6, 7), visit(27, 28), visit(46, 48, 3), visit(58, 60)];
    default:
      return [visit(0, 60)];
  }
}

/** The share of the usual activity at a minute, from 0 to 1. */
export const activityAt = (minute: number): number =>
  minute >= HOUR.lunch.from && minute < HOUR.lunch.until ? 0.2 : 0.92;
