import { randomBytes } from 'node:crypto';
import type { Manner } from '../../simulator/profile.ts';
import type { Reply } from '../../simulator/wire.ts';
import type { Connections, TlsOptions } from '../target/connections.ts';
import { ok, problem, warning, type Check, type Step } from './check.ts';
import { openMetadata } from './metadata.ts';
import { checkAuthorization, type SignInServers } from './oauth.ts';

type Answered = Extract<Reply, { kind: 'answered' }>;

/** Makes connections to the upstream, and to it through the proxy, with these headers. */
export interface SignInConnections {
  direct(headers: Readonly<Record<string, string>>): Connections;
  /** Undefined: the proxy could not be started. */
  proxied: ((headers: Readonly<Record<string, string>>) => Connections) | undefined;
}

/** What a client without a credential gets, and how far that leads it. */
export async function checkSignIn(
  connections: SignInConnections,
  servers: SignInServers,
  tls: TlsOptions,
  manner: Manner,
): Promise<readonly Check[]> {
  const reply = await greet(connections.direct({}), manner);
  if (reply.kind === 'answered' && reply.status === 403)
    return [
      warning(
        'authorization',
        'HTTP 403 without a credential',
        'answer HTTP 401 with WWW-Authenticate, if clients are to sign in: they do so after nothing else',
      ),
    ];
  if (reply.kind !== 'answered' || reply.status !== 401) return [ok('authorization', 'none required')];
  await using metadata = openMetadata(servers.upstream, tls);
  const steps = await checkAuthorization(servers, headerOf(reply, 'www-authenticate'), metadata);
  return [...steps.map(({ check }) => check), ...(await checkWorthless(connections, manner)), conclusion(steps)];
}

async function greet(connections: Connections, manner: Manner): Promise<Reply> {
  const conversation = connections.converse('sign-in');
  const reply = await conversation.connect(manner).open('new');
  await conversation.end();
  return reply;
}

function headerOf(reply: Answered, name: string): string | undefined {
  const value = reply.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** It has the shape of a JWT, is signed by nobody, and has ended long ago. */
const worthlessToken = (): string =>
  [
    part({ alg: 'RS256', typ: 'JWT', kid: 'mcpspan-doctor' }),
    part({ iss: 'https://doctor.invalid', sub: 'mcpspan-doctor', exp: 1 }),
    randomBytes(32).toString('base64url'),
  ].join('.');

/** Whether a token that is worth nothing is refused in the way that makes a client sign in again (RFC 6750, 3.1). */
async function checkWorthless({ direct, proxied }: SignInConnections, manner: Manner): Promise<Check[]> {
  const headers = { Authorization: `Bearer ${worthlessToken()}` };
  const reply = await greet(direct(headers), manner);
  if (reply.kind !== 'answered') return [];
  const through = proxied === undefined ? undefined : await greet(proxied(headers), manner);
  const check = judgeRefusal(reply);
  if (through === undefined || (through.kind === 'answered' && through.status === reply.status)) return [check];
  const found = through.kind === 'answered' ? `HTTP ${through.status}` : 'no answer';
  return [
    check,
    problem(
      'a worthless token through mcpspan',
      `${found}, directly HTTP ${reply.status}`,
      'try --upstream-host upstream: the upstream may accept its own name only',
    ),
  ];
}

function judgeRefusal(reply: Answered): Check {
  const what = 'a worthless token';
  const { status } = reply;
  if (status < 400)
    return problem(what, `is accepted (HTTP ${status})`, 'check signature, issuer, audience and end of each token');
  if (status !== 401)
    return problem(
      what,
      `is refused with HTTP ${status}, not 401`,
      'answer HTTP 401 with error="invalid_token": after another status a client does not sign in again',
    );
  const invalid = /(?:^|[\s,])error\s*=\s*"?invalid_token\b/i.test(headerOf(reply, 'www-authenticate') ?? '');
  return invalid
    ? ok(what, 'is refused: HTTP 401, invalid_token')
    : warning(
        what,
        'is refused: HTTP 401 without error="invalid_token"',
        'name the error in WWW-Authenticate, so that clients know that their token is at fault',
      );
}

/** The last line: how far a client would come by itself. */
function conclusion(steps: readonly Step[]): Check {
  const first = steps.find(({ stop }) => stop !== undefined);
  return first?.stop === undefined
    ? ok('a real client', 'nothing in its way up to the sign-in page')
    : warning(
        'a real client',
        `would stop at: ${first.stop}`,
        first.check.cure ?? 'let clients reach it at the address that the metadata name',
      );
}
