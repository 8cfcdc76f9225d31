import type { Evidence, Manner, Profile, Step } from './profile.ts';
import { call, knock, list, open, sign } from './steps.ts';

/** The clients that connect where one has to sign in; each fails in a way of its own, but the last one. */

const manner = (name: string, agent: string): Omit<Manner, 'name'> & { deletesSession: false; signsIn: true } => ({
  client: { name, version: '1.0.0' },
  era: 'legacy',
  protocolVersion: '2025-11-25',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': agent },
  callMeta: {},
  opensStream: false,
  deletesSession: false,
  signsIn: true,
});

const evidence = (steps: string): Evidence => ({
  client: 'assumed: a name of its own',
  protocolVersion: 'assumed: the latest with sessions',
  headers: 'assumed: an agent of its own',
  callMeta: 'assumed: none',
  opensStream: 'assumed: none',
  deletesSession: 'assumed: none',
  steps,
});

/** The steps of signing in, up to the token. */
const signingIn = (at: number, resource: 'own' | 'other' = 'own'): Step[] => [
  sign(at, 'resource-metadata'),
  sign(at, 'server-metadata'),
  sign(at + 1, 'registration'),
  sign(at + 2, 'authorize'),
  sign(at + 6, 'token', resource),
];

export const stopsAtChallenge: Profile = {
  name: 'stops-at-challenge',
  behaviour: 'is told to sign in, and does not know how',
  evidence: evidence('the shape of clients without OAuth: the first request, and no more'),
  ...manner('plain-client', 'plain-client/1.0.0'),
  steps: [open(0)],
};

export const stopsAtMetadata: Profile = {
  name: 'stops-at-metadata',
  behaviour: 'reads where to sign in, and goes no further',
  evidence: evidence('anthropics/claude-ai-mcp #559: metadata read, then nothing of the sign-in'),
  ...manner('reads-metadata', 'reads-metadata/1.0.0'),
  steps: [open(0), sign(0, 'resource-metadata'), sign(0, 'server-metadata')],
};

export const neverReturns: Profile = {
  name: 'never-returns',
  behaviour: 'gets a token, and never comes back with it',
  evidence: evidence('anthropics/claude-ai-mcp #325, #847, #968: token 200, then no request with it'),
  ...manner('never-returns', 'never-returns/1.0.0'),
  steps: [open(0), ...signingIn(0)],
};

export const wrongAudience: Profile = {
  name: 'wrong-audience',
  behaviour: 'comes back with a token for another resource, and is refused',
  evidence: evidence('anthropics/claude-ai-mcp #385: the follow-up with the token is refused'),
  ...manner('wrong-audience', 'wrong-audience/1.0.0'),
  steps: [open(0), ...signingIn(0, 'other'), open(8), open(10)],
};

export const validator: Profile = {
  name: 'validator',
  behaviour: 'looks at the address and at the metadata, and never shakes hands',
  evidence: evidence('logs of connector directories: a GET with a crawler’s agent before a connector is added'),
  ...manner('validator', 'facebookexternalhit/1.1'),
  steps: [knock(0), sign(0, 'resource-metadata'), sign(0, 'server-metadata')],
};

export const shakesHandsOnly: Profile = {
  name: 'shakes-hands-only',
  behaviour: 'gets a good answer to its handshake, and sends nothing more',
  evidence: evidence('anthropics/claude-ai-mcp #76: initialize answered, then no other request to the server'),
  ...manner('shakes-hands-only', 'shakes-hands-only/1.0.0'),
  steps: [open(0), ...signingIn(0), open(8)],
};

export const signsIn: Profile = {
  name: 'signs-in',
  behaviour: 'signs in, lists the tools and calls them',
  evidence: evidence('the TypeScript SDK, as measured'),
  ...manner('signs-in', 'signs-in/1.0.0'),
  steps: [
    open(0),
    ...signingIn(0),
    open(8),
    list(8, 'tools'),
    call(12, 'create_cloze_question'),
    call(20, 'submit_answer'),
  ],
};
