import { Agent, request } from 'undici';
import { isObject, parseJson, textOf, type JsonObject } from '../../simulator/json.ts';
import type { TlsOptions } from '../target/connections.ts';
import { obstacleOf } from '../target/reach.ts';
import { ok, problem, warning, type Check } from './check.ts';

const PATIENCE_MS = 5_000;
const WHAT = 'resource metadata';

/** Where to sign in. */
export interface SignInServers {
  /** The URL of the upstream. */
  readonly upstream: URL;
  /** The same URL through the proxy; undefined: the proxy could not be started. */
  readonly proxied: URL | undefined;
  /** For the upstream alone: nobody else is shown the client certificate. */
  readonly tls: TlsOptions;
}

interface Found {
  readonly url: string;
  readonly status: number | undefined;
  readonly document: JsonObject | undefined;
  /** Why there was no answer. */
  readonly fault: string | undefined;
}

/**
 * Whether a refusal tells a client where to sign in (RFC 9728), and whether that works through the proxy too.
 * @param challenge `WWW-Authenticate` of the refusal
 */
export async function checkAuthorization(
  { upstream, proxied, tls }: SignInServers,
  challenge: string | undefined,
): Promise<readonly Check[]> {
  const named = /\bresource_metadata\s*=\s*(?:"([^"]*)"|([^\s,]+))/i.exec(challenge ?? '');
  const metadataUrl = named?.[1] ?? named?.[2];
  const checked =
    challenge === undefined
      ? warning(
          'challenge',
          'HTTP 401 without WWW-Authenticate',
          'send WWW-Authenticate: Bearer resource_metadata="URL"',
        )
      : metadataUrl === undefined
        ? warning(
            'challenge',
            `${schemeOf(challenge)} without resource_metadata`,
            'name the metadata there, so that clients need not guess',
          )
        : ok('challenge', `${schemeOf(challenge)}, with the place of the metadata`);
  const agent = new Agent({ connect: tls });
  const direct = await firstFound(urlsFor(upstream, metadataUrl), (url) =>
    new URL(url).origin === upstream.origin ? read(url, agent) : read(url),
  );
  await agent.close();
  if (direct.document === undefined) {
    const status = direct.status === undefined ? (direct.fault ?? 'no answer') : `HTTP ${direct.status}, or no JSON`;
    return [
      checked,
      problem(WHAT, `${direct.url}: ${status}`, 'serve RFC 9728 metadata there: without it clients cannot sign in'),
    ];
  }
  return [
    checked,
    checkDocument(direct.document, direct.url),
    ...(proxied === undefined ? [] : [await checkProxied(direct, direct.document, upstream, proxied)]),
    ...(await checkServers(direct.document)),
  ];
}

const schemeOf = (challenge: string): string => challenge.split(/[\s,]/)[0] ?? '';

/** Where clients look: at the URL of the challenge, else below the path, else at the root. */
function urlsFor({ origin, pathname }: URL, metadataUrl: string | undefined): string[] {
  const path = pathname.replace(/\/$/, '');
  const known = [
    `${origin}/.well-known/oauth-protected-resource${path}`,
    `${origin}/.well-known/oauth-protected-resource`,
  ];
  return metadataUrl === undefined || !URL.canParse(metadataUrl) ? [...new Set(known)] : [metadataUrl];
}

async function firstFound(urls: readonly string[], ask: (url: string) => Promise<Found> = read): Promise<Found> {
  let last: Found = { url: urls[0] ?? '', status: undefined, document: undefined, fault: undefined };
  for (const url of urls) {
    last = await ask(url);
    if (last.document !== undefined) return last;
  }
  return last;
}

async function read(url: string, dispatcher?: Agent): Promise<Found> {
  try {
    const { statusCode, body } = await request(url, {
      headersTimeout: PATIENCE_MS,
      bodyTimeout: PATIENCE_MS,
      ...(dispatcher !== undefined && { dispatcher }),
    });
    const text = await body.text();
    const parsed = statusCode === 200 ? parseJson(text) : undefined;
    return { url, status: statusCode, document: isObject(parsed) ? parsed : undefined, fault: undefined };
  } catch (error) {
    const fault = obstacleOf(error instanceof Error ? error : new Error(String(error)), new URL(url).origin).what;
    return { url, status: undefined, document: undefined, fault };
  }
}

function checkDocument(document: JsonObject, url: string): Check {
  const servers = serversIn(document);
  if (textOf(document['resource']) === undefined) return problem(WHAT, `${url} has no 'resource'`, 'add it (RFC 9728)');
  return servers.length === 0
    ? problem(WHAT, `${url} names no authorization_servers`, 'add them: clients sign in there')
    : ok(WHAT, `${url}: resource ${textOf(document['resource'])}`);
}

const serversIn = (document: JsonObject): string[] => {
  const listed = document['authorization_servers'];
  return Array.isArray(listed) ? listed.filter((one) => typeof one === 'string' && URL.canParse(one)) : [];
};

/** Clients accept a resource where their own URL is the same, or below it. */
function covers(resource: string | undefined, url: URL): boolean {
  const named = URL.parse(resource ?? '');
  return named?.origin === url.origin && url.pathname.startsWith(named.pathname.replace(/\/$/, ''));
}

async function checkProxied(direct: Found, document: JsonObject, upstream: URL, proxied: URL): Promise<Check> {
  const what = 'the same through mcpspan';
  const metadata = new URL(direct.url);
  if (metadata.origin !== upstream.origin)
    return ok(what, `the metadata is at ${metadata.origin}, which clients reach directly`);
  const through = await read(`${proxied.origin}${metadata.pathname}${metadata.search}`);
  if (through.document === undefined)
    return problem(
      what,
      `not found there: ${through.status === undefined ? (through.fault ?? '') : `HTTP ${through.status}`}`,
      'try --upstream-host upstream: the upstream may accept its own name only',
    );
  const [mine, theirs] = [textOf(document['resource']), textOf(through.document['resource'])];
  if (covers(theirs, proxied)) return ok(what, 'it names the address it is asked at, so clients find mcpspan');
  const same = JSON.stringify(document) === JSON.stringify(through.document);
  return warning(
    what,
    `${same ? 'the same' : 'another'}: resource ${theirs ?? '(none)'}${same || theirs === mine ? '' : `, directly ${mine}`}`,
    'clients sign in for that address only: let them reach mcpspan there, or set the public URL of the upstream to that of mcpspan',
  );
}

/** Well-known names, before or after the issuer's path (RFC 8414). */
const AUTHORITY_NAMES = ['oauth-authorization-server', 'openid-configuration'] as const;

async function checkServers(document: JsonObject): Promise<Check[]> {
  const checks: Check[] = [];
  for (const server of serversIn(document)) {
    const { origin, pathname } = new URL(server);
    const path = pathname.replace(/\/$/, '');
    const urls = AUTHORITY_NAMES.flatMap((name) => [
      `${origin}/.well-known/${name}${path}`,
      `${origin}${path}/.well-known/${name}`,
    ]);
    const found = await firstFound([...new Set(urls)]);
    checks.push(
      found.document === undefined
        ? problem(
            'authorization server',
            `${server}: ${found.fault ?? 'no metadata'}`,
            'serve RFC 8414 metadata there, or correct authorization_servers',
          )
        : ok('authorization server', `${server} has its metadata`),
    );
  }
  return checks;
}
