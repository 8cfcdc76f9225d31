import { request } from 'undici';
import { isObject, parseJson, textOf, type JsonObject } from '../../simulator/json.ts';
import { obstacleOf } from '../target/reach.ts';
import { ok, problem, warning, type Check } from './check.ts';

const PATIENCE_MS = 5_000;
const WHAT = 'resource metadata';

interface Found {
  readonly url: string;
  readonly status: number | undefined;
  readonly document: JsonObject | undefined;
  /** Why there was no answer. */
  readonly fault: string | undefined;
}

/**
 * Whether a client can find out from a refusal where to sign in (RFC 9728), and finds the same through the proxy.
 * @param upstream the URL that clients are to be given
 * @param challenge `WWW-Authenticate` of the refusal
 * @param proxied the same URL through the proxy; undefined: the proxy could not be started
 */
export async function checkAuthorization(
  upstream: URL,
  challenge: string | undefined,
  proxied: URL | undefined,
): Promise<readonly Check[]> {
  const named = /\bresource_metadata\s*=\s*(?:"([^"]*)"|([^\s,]+))/i.exec(challenge ?? '');
  const place = named?.[1] ?? named?.[2];
  const told =
    challenge === undefined
      ? warning(
          'challenge',
          'HTTP 401 without WWW-Authenticate',
          'send WWW-Authenticate: Bearer resource_metadata="URL"',
        )
      : place === undefined
        ? warning(
            'challenge',
            `${schemeOf(challenge)} without resource_metadata`,
            'name the metadata: clients then need not guess',
          )
        : ok('challenge', `${schemeOf(challenge)}, and says where its metadata is`);
  const direct = await firstFound(placesFor(upstream, place));
  if (direct.document === undefined) {
    const status = direct.status === undefined ? (direct.fault ?? 'no answer') : `HTTP ${direct.status}, or no JSON`;
    return [
      told,
      problem(WHAT, `${direct.url}: ${status}`, 'serve RFC 9728 metadata there: without it clients cannot sign in'),
    ];
  }
  return [
    told,
    checkDocument(direct.document, direct.url),
    ...(proxied === undefined ? [] : [await checkProxied(direct, direct.document, upstream, proxied)]),
    ...(await checkServers(direct.document)),
  ];
}

const schemeOf = (challenge: string): string => challenge.split(/[\s,]/)[0] ?? '';

/** Where clients look: where they are told, else below the path, else at the root. */
function placesFor({ origin, pathname }: URL, place: string | undefined): string[] {
  const path = pathname.replace(/\/$/, '');
  const known = [
    `${origin}/.well-known/oauth-protected-resource${path}`,
    `${origin}/.well-known/oauth-protected-resource`,
  ];
  return place === undefined || !URL.canParse(place) ? [...new Set(known)] : [place];
}

async function firstFound(places: readonly string[]): Promise<Found> {
  let last: Found = { url: places[0] ?? '', status: undefined, document: undefined, fault: undefined };
  for (const place of places) {
    last = await read(place);
    if (last.document !== undefined) return last;
  }
  return last;
}

async function read(url: string): Promise<Found> {
  try {
    const { statusCode, body } = await request(url, { headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS });
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

/** Clients take a resource for theirs when the URL they connect to is at it, or below. */
function covers(resource: string | undefined, url: URL): boolean {
  const named = URL.parse(resource ?? '');
  return named?.origin === url.origin && url.pathname.startsWith(named.pathname.replace(/\/$/, ''));
}

async function checkProxied(direct: Found, document: JsonObject, upstream: URL, proxied: URL): Promise<Check> {
  const what = 'the same through mcpspan';
  const place = new URL(direct.url);
  if (place.origin !== upstream.origin) return ok(what, `its metadata is elsewhere (${place.origin}), and stays there`);
  const through = await read(`${proxied.origin}${place.pathname}${place.search}`);
  if (through.document === undefined)
    return problem(
      what,
      `it is not found there: ${through.status === undefined ? (through.fault ?? '') : `HTTP ${through.status}`}`,
      'try --upstream-host upstream: the upstream may answer to its own name only',
    );
  const [mine, theirs] = [textOf(document['resource']), textOf(through.document['resource'])];
  if (covers(theirs, proxied)) return ok(what, 'it names the address at which it is asked, so clients find mcpspan');
  const same = JSON.stringify(document) === JSON.stringify(through.document);
  return warning(
    what,
    `${same ? 'the same' : 'another'}: resource ${theirs ?? '(none)'}${same || theirs === mine ? '' : `, directly ${mine}`}`,
    'clients sign in for that address only: let them reach mcpspan under it, or set it as the public URL of the upstream',
  );
}

/** Below the origin, with the issuer's path where it has one (RFC 8414). */
const AUTHORITY_PLACES = ['oauth-authorization-server', 'openid-configuration'] as const;

async function checkServers(document: JsonObject): Promise<Check[]> {
  const checks: Check[] = [];
  for (const server of serversIn(document)) {
    const { origin, pathname } = new URL(server);
    const path = pathname.replace(/\/$/, '');
    const places = AUTHORITY_PLACES.flatMap((name) => [
      `${origin}/.well-known/${name}${path}`,
      `${origin}${path}/.well-known/${name}`,
    ]);
    const found = await firstFound([...new Set(places)]);
    checks.push(
      found.document === undefined
        ? problem(
            'authorization server',
            `${server}: ${found.fault ?? 'no metadata'}`,
            'serve RFC 8414 metadata there, or mend authorization_servers',
          )
        : ok('authorization server', `${server} has its metadata`),
    );
  }
  return checks;
}
