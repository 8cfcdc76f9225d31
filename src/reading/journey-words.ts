import type { Stage } from '../session/journey.ts';
import type { JourneyFunnel, StoredJourney, StoredStage } from '../store/journey-rows.ts';
import { count, counted } from './figures.ts';

/** The stages of a journey, in the usual order, as titles and as what attempts did: `11 got a token`. */
export const STAGE_WORDS: Readonly<Record<Stage, { title: string; did: string }>> = {
  contact: { title: 'first request', did: 'came' },
  challenge: { title: 'told to sign in', did: 'saw the challenge' },
  'resource-metadata': { title: 'resource metadata', did: 'read the resource metadata' },
  'server-metadata': { title: 'authorization server metadata', did: "read the authorization server's metadata" },
  registration: { title: 'registration', did: 'registered' },
  authorize: { title: 'authorization', did: 'sent a user to sign in' },
  token: { title: 'token', did: 'got a token' },
  return: { title: 'request with a credential', did: 'came with a credential' },
  accepted: { title: 'let in', did: 'got in' },
  handshake: { title: 'handshake', did: 'completed the handshake' },
  lists: { title: 'lists', did: 'listed what there is' },
  call: { title: 'first call', did: 'made a call' },
};

/** The stages, in the usual order. */
// The keys are those of the record.
export const STAGE_ORDER = Object.keys(STAGE_WORDS) as readonly Stage[];

/** How an attempt to connect went, for the owner of the server. */
export interface JourneyVerdict {
  /** To follow the client's name: `stopped after the token: …`. */
  readonly text: string;
  /** What to do; `''`: nothing, or the evidence does not say. */
  readonly cure: string;
  readonly tone: 'good' | 'warn' | 'bad';
}

type Rule = (journey: StoredJourney, stage: (name: Stage) => StoredStage | undefined) => JourneyVerdict | undefined;

/** What the `error` of a refusal means (RFC 6750, 3.1; RFC 9470; RFC 9449). */
const REFUSALS: Readonly<Record<string, string>> = {
  invalid_token:
    'the server does not accept the token: compare its audience (the resource that was asked for), its issuer and its expiry with what the server checks',
  insufficient_scope:
    'the token lacks a scope: name it in the challenge, and see that the authorization server grants it',
  insufficient_user_authentication: 'the server wants a stronger sign-in than the user made',
  invalid_request: 'the server could not read the request that carried the credential',
  invalid_dpop_proof:
    "the client's DPoP proof does not fit: compare the address that it signed with the one the server sees",
  use_dpop_nonce: 'the server asks for a DPoP nonce, and the client did not come back with one',
};
const NO_REASON =
  "the refusal does not say why: look in the server's log, and let it name an error in WWW-Authenticate";
const FORBIDDEN =
  'HTTP 403 comes from the server, or from what stands before it: look there for what this user, or this host, may not do';
const GONE =
  "no such request reached mcpspan, so the server's log cannot explain it: see the client's log, or ask its vendor";

const statusText = (stage: StoredStage | undefined): string =>
  stage === undefined ? '' : stage.status === undefined ? ' (no answer)' : ` (HTTP ${stage.status})`;

const warn = (text: string, cure: string): JourneyVerdict => ({ text, cure, tone: 'warn' });
const bad = (text: string, cure: string): JourneyVerdict => ({ text, cure, tone: 'bad' });

/** A stage that was tried in vain, and what it means. */
const FAILED: Readonly<Partial<Record<Stage, readonly [text: string, cure: string]>>> = {
  handshake: ['sent a handshake that failed', "look in the server's log at that time"],
  token: [
    'asked for a token in vain',
    'the answer of the token endpoint names the reason: look in the log of the authorization server',
  ],
  authorize: [
    'could not send its user to sign in',
    'the authorization endpoint refused the request: compare client id, redirect URI and scope with what is registered',
  ],
  registration: [
    'could not register',
    'the registration endpoint refused it: compare the redirect URIs and methods that it asks for with what is allowed',
  ],
  'server-metadata': [
    'found no metadata of an authorization server here',
    'serve RFC 8414 metadata there, or name the right server in the resource metadata (mcpspan doctor checks both)',
  ],
  'resource-metadata': [
    'was told to sign in, and found no resource metadata',
    'serve RFC 9728 metadata there (mcpspan doctor checks it)',
  ],
};

/** The first rule that fits says it. Each goes by what was seen, and by nothing else. */
const RULES: readonly Rule[] = [
  ({ refusal, furthest }, stage) => {
    if (refusal === undefined) return undefined;
    const { status, error } = refusal;
    const why = error === undefined ? `HTTP ${status}` : `HTTP ${status}, ${error}`;
    const what = stage('token')?.reached === true && furthest === 'return' ? 'its token' : 'its credential';
    const cure = REFUSALS[error ?? ''] ?? (status === 403 ? FORBIDDEN : NO_REASON);
    return bad(`came back, and ${what} was refused (${why})`, cure);
  },
  ({ furthest }) =>
    furthest === 'lists'
      ? {
          text: 'is connected: it listed what there is, and has called nothing yet',
          cure: '',
          tone: 'good',
        }
      : undefined,
  ({ furthest }, stage) => {
    if (furthest !== 'handshake') return undefined;
    const shook = stage('handshake')?.firstAt ?? 0;
    const sought = (['resource-metadata', 'server-metadata', 'registration'] as const).some(
      (name) => (stage(name)?.lastAt ?? 0) > shook && stage(name)?.reached === false,
    );
    return sought
      ? warn('got an answer to its handshake, and then looked for a sign-in that is not here', GONE)
      : warn(
          'got an answer to its handshake, and then sent nothing more',
          "if it should go on: see what the server answered (capabilities, protocol version), and what the client's own log says",
        );
  },
  ({ furthest }, stage) =>
    furthest === 'accepted' && stage('handshake') === undefined
      ? warn('was let in, but sent no handshake', GONE)
      : undefined,
  ({ furthest }, stage) =>
    furthest === 'return'
      ? bad(
          `came with a credential, and got no good answer${statusText(stage('return'))}`,
          "look in the server's log at that time",
        )
      : undefined,
  ({ furthest }, stage) => {
    if (furthest !== 'token') return undefined;
    return (stage('challenge')?.lastAt ?? 0) > (stage('token')?.lastAt ?? 0)
      ? bad(
          'stopped after the token: it came again without it, and was told to sign in',
          'the client sent no credential, or something before mcpspan took it away (a gateway, a redirect to another host)',
        )
      : bad('stopped after the token: no request came back with it', GONE);
  },
  (journey, stage) => {
    for (const name of STAGE_ORDER.toReversed()) {
      const failed = stage(name);
      const words = FAILED[name];
      if (failed === undefined || failed.reached || words === undefined) continue;
      if (STAGE_ORDER.indexOf(name) < STAGE_ORDER.indexOf(journey.furthest)) return undefined;
      return bad(`${words[0]}${statusText(failed)}`, words[1]);
    }
    return undefined;
  },
  ({ furthest }) =>
    furthest === 'authorize'
      ? warn(
          'sent its user to sign in, and asked for no token',
          'the user gave up, or the way back to the client failed: look in the log of the authorization server',
        )
      : undefined,
  ({ furthest }) =>
    furthest === 'registration'
      ? warn('registered, and sent no user to sign in', 'what follows is up to the client: see what its own log says')
      : undefined,
  ({ furthest }) =>
    furthest === 'server-metadata'
      ? warn(
          "read the authorization server's metadata, and went no further here",
          'see whether they offer what the client needs: a registration endpoint or client id documents, and S256 among code_challenge_methods_supported',
        )
      : undefined,
  ({ furthest }) =>
    furthest === 'resource-metadata'
      ? warn(
          'read the resource metadata, and did not come back',
          'the sign-in goes on at the authorization server that they name: if that is elsewhere, mcpspan does not see it, but its log does',
        )
      : undefined,
  ({ furthest, challenge }) => {
    if (furthest !== 'challenge') return undefined;
    const cure =
      challenge === 'none'
        ? 'the 401 has no WWW-Authenticate: send Bearer resource_metadata="URL", so that clients know where to sign in'
        : challenge === 'without-metadata'
          ? 'the challenge does not name resource_metadata: name it, so that clients need not guess'
          : '';
    return warn('was told to sign in, and asked for nothing more', cure);
  },
  (_journey, stage) => warn(`looked at the server and left without a handshake${statusText(stage('contact'))}`, ''),
];

/** The one table of what journeys mean: page, commands and report take their words from it. */
export function journeyVerdict(journey: StoredJourney): JourneyVerdict {
  if (journey.state === 'arrived') return { text: 'connected', cure: '', tone: 'good' };
  const stage = (name: Stage): StoredStage | undefined => journey.stages.find((each) => each.stage === name);
  const found = RULES.map((rule) => rule(journey, stage)).find((verdict) => verdict !== undefined);
  const { text, cure, tone } = found ?? warn('stopped', '');
  if (journey.state === 'stopped') return { text, cure, tone };
  const lead =
    journey.state === 'open' ? 'is under way; as it stands, it' : 'was under way when mcpspan ended; until then it';
  return { text: `${lead} ${text}`, cure: '', tone: 'warn' };
}

/** What to add where attempts could not be told apart. */
export const AMBIGUOUS = 'may be more than one attempt: several came from one place at a time';

/** A stage that was seen, or one before the last that was not. */
export interface StageRow {
  stage: Stage;
  seen: StoredStage | undefined;
  startedAt: number;
}

/** Stages of signing in that a client may take elsewhere, or leave out. */
const MAY_BE_ELSEWHERE: ReadonlySet<Stage> = new Set([
  'resource-metadata',
  'server-metadata',
  'registration',
  'authorize',
  'token',
]);

/** The stages of a journey in the usual order, with the gaps where it signed in somewhere else. */
export function stageRows({ stages, startedAt }: StoredJourney): StageRow[] {
  const seen = new Map(stages.map((each) => [each.stage, each]));
  const signsIn = seen.has('challenge') || stages.some(({ stage }) => MAY_BE_ELSEWHERE.has(stage));
  const last = STAGE_ORDER.findLastIndex((stage) => seen.has(stage));
  return STAGE_ORDER.filter(
    (stage, index) => seen.has(stage) || (signsIn && index < last && MAY_BE_ELSEWHERE.has(stage)),
  ).map((stage) => ({ stage, seen: seen.get(stage), startedAt }));
}

/** `HTTP 200`; where nothing was seen of a stage, that is no fault. */
export const stageStatus = (seen: StoredStage | undefined): string =>
  seen === undefined ? 'not seen here' : seen.status === undefined ? 'no answer' : `HTTP ${seen.status}`;

/** A figure of a funnel. */
export interface FunnelStep {
  readonly stage: Stage;
  readonly number: number;
  /** `11 got a token`. */
  readonly text: string;
}

/** Stages that are of no use in a funnel. */
const LEFT_OUT: ReadonlySet<Stage> = new Set(['contact', 'server-metadata', 'authorize', 'lists']);
const SIGN_IN: ReadonlySet<Stage> = new Set([
  'challenge',
  'resource-metadata',
  'registration',
  'token',
  'return',
  'accepted',
]);

/** How far the attempts of a client came: the stages that any reached, and those that follow from them. */
export function funnelSteps({ reached, attempts }: JourneyFunnel): FunnelStep[] {
  const signsIn = (reached.challenge ?? 0) > 0 || (reached.token ?? 0) > 0;
  const steps = STAGE_ORDER.filter(
    (stage) =>
      !LEFT_OUT.has(stage) &&
      (!SIGN_IN.has(stage) ||
        (reached[stage] ?? 0) > 0 ||
        (stage === 'return' && signsIn) ||
        (stage === 'accepted' && (reached.return ?? 0) > 0)),
  );
  return steps.map((stage) => {
    const number = Math.min(attempts, reached[stage] ?? 0);
    const did = stage === 'return' && (reached.token ?? 0) > 0 ? 'came back with it' : STAGE_WORDS[stage].did;
    return { stage, number, text: `${count(number)} ${did}` };
  });
}

/** Between challenge and token: what they did is told of only where they came no further. */
const BETWEEN: ReadonlySet<Stage> = new Set(['resource-metadata', 'registration']);

/** `12 attempts, 12 saw the challenge, 11 got a token, 0 came back with it`. After the first 0 follow others. */
export function funnelInWords(funnel: JourneyFunnel): string {
  const hasToken = (funnel.reached.token ?? 0) > 0;
  const steps = funnelSteps(funnel).filter(({ stage }) => !hasToken || !BETWEEN.has(stage));
  const lost = steps.findIndex(({ number }) => number === 0);
  const told = lost < 0 ? steps : steps.slice(0, lost + 1);
  return [counted(funnel.attempts, 'attempt'), ...told.map(({ text }) => text)].join(', ');
}

/** The attempts that arrived. Who only listed what there is has arrived, too: its user may not have asked for more. */
export const connected = ({ arrived, stopped }: JourneyFunnel): number => arrived + (stopped.lists ?? 0);

/** Where the attempts of a client are lost: the first stage that none reached; undefined: nowhere. */
export function lostAt(funnel: JourneyFunnel): FunnelStep | undefined {
  const isLost = funnel.attempts - funnel.open > 0 && connected(funnel) === 0;
  return isLost ? funnelSteps(funnel).find(({ number }) => number === 0) : undefined;
}
