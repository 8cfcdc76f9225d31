import { textOf, type JsonObject } from '../../simulator/json.ts';
import { checkAuthority, listed } from './authority.ts';
import { ok, problem, warning, type Step } from './check.ts';
import { missing, type Found, type Metadata } from './metadata.ts';

const WHAT = 'resource metadata';
/** Where the MCP inspector runs, as an example of a client in a browser. */
const BROWSER_ORIGIN = 'http://localhost:6274';

/** Where to sign in. */
export interface SignInServers {
  /** The URL of the upstream. */
  readonly upstream: URL;
  /** The same URL through the proxy; undefined: the proxy could not be started. */
  readonly proxied: URL | undefined;
}

/**
 * The way of a client from a refusal to the sign-in page (RFC 9728, RFC 8414), directly and through the proxy. Nothing is
 * registered.
 * @param challenge `WWW-Authenticate` of the refusal
 */
export async function checkAuthorization(
  { upstream, proxied }: SignInServers,
  challenge: string | undefined,
  metadata: Metadata,
): Promise<readonly Step[]> {
  const named = parameterIn(challenge, 'resource_metadata');
  const metadataUrl = named !== undefined && URL.canParse(named) ? named : undefined;
  const first = checkChallenge(challenge, metadataUrl);
  const direct = await metadata.first(urlsFor(upstream, metadataUrl));
  if (direct.document === undefined) {
    const cure = 'serve RFC 9728 metadata there: without it clients cannot sign in';
    return [
      first,
      { check: problem(WHAT, `${direct.url}: ${missing(direct)}`, cure), stop: `the ${WHAT}: they are not there` },
    ];
  }
  const scope = parameterIn(challenge, 'scope');
  const authorities: Step[] = [];
  for (const server of serversIn(direct.document)) authorities.push(...(await checkAuthority(server, metadata)));
  return [
    first,
    checkDocument(direct.document, direct.url, upstream),
    ...(proxied === undefined ? [] : [await checkProxied(direct, direct.document, upstream, proxied, metadata)]),
    checkScopes(scope, direct.document),
    ...authorities,
    { check: await checkBrowser(direct.url, metadata) },
  ];
}

function checkChallenge(challenge: string | undefined, metadataUrl: string | undefined): Step {
  if (challenge === undefined) {
    const cure = 'send WWW-Authenticate: Bearer resource_metadata="URL"';
    return { check: warning('challenge', 'HTTP 401 without WWW-Authenticate', cure) };
  }
  const scheme = challenge.split(/[\s,]/)[0] ?? '';
  return {
    check:
      metadataUrl === undefined
        ? warning(
            'challenge',
            `${scheme} without a URL as resource_metadata`,
            'name the metadata there, so that clients need not guess',
          )
        : ok('challenge', `${scheme}, with the place of the metadata`),
  };
}

function parameterIn(challenge: string | undefined, name: string): string | undefined {
  const found = new RegExp(`(?:^|[\\s,])${name}\\s*=\\s*(?:"([^"]*)"|([^\\s,]+))`, 'i').exec(challenge ?? '');
  return found?.[1] ?? found?.[2];
}

/** Where clients look: at the URL of the challenge, else below the path, else at the root. */
function urlsFor({ origin, pathname }: URL, metadataUrl: string | undefined): string[] {
  const path = pathname.replace(/\/$/, '');
  const known = [
    `${origin}/.well-known/oauth-protected-resource${path}`,
    `${origin}/.well-known/oauth-protected-resource`,
  ];
  return metadataUrl === undefined ? [...new Set(known)] : [metadataUrl];
}

function checkDocument(document: JsonObject, url: string, upstream: URL): Step {
  const resource = textOf(document['resource']);
  if (resource === undefined)
    return {
      check: problem(WHAT, `${url} has no 'resource'`, 'add it (RFC 9728)'),
      stop: `the ${WHAT}: they name no resource`,
    };
  if (serversIn(document).length === 0)
    return {
      check: problem(WHAT, `${url} names no authorization_servers`, 'add them: clients sign in there'),
      stop: `the ${WHAT}: they name no authorization server`,
    };
  const check = ok(WHAT, `${url}: resource ${resource}`);
  return covers(resource, upstream)
    ? { check }
    : { check, stop: `the ${WHAT}, unless it comes by ${resource}: they are for that address only` };
}

const serversIn = (document: JsonObject): string[] =>
  listed(document['authorization_servers']).filter((one) => URL.canParse(one));

/** Clients accept a resource where their own URL is the same, or below it. */
function covers(resource: string | undefined, url: URL): boolean {
  const named = URL.parse(resource ?? '');
  return named?.origin === url.origin && url.pathname.startsWith(named.pathname.replace(/\/$/, ''));
}

async function checkProxied(
  direct: Found,
  document: JsonObject,
  upstream: URL,
  proxied: URL,
  reader: Metadata,
): Promise<Step> {
  const what = 'the same through mcpspan';
  const metadata = new URL(direct.url);
  if (metadata.origin !== upstream.origin)
    return { check: ok(what, `the metadata is at ${metadata.origin}, which clients reach directly`) };
  const through = await reader.read(`${proxied.origin}${metadata.pathname}${metadata.search}`);
  if (through.document === undefined) {
    const found = `not found there: ${through.status === undefined ? (through.fault ?? '') : `HTTP ${through.status}`}`;
    return {
      check: problem(what, found, 'try --upstream-host upstream: the upstream may accept its own name only'),
      stop: `the ${WHAT}, through mcpspan: they are not there`,
    };
  }
  const [mine, theirs] = [textOf(document['resource']), textOf(through.document['resource'])];
  if (covers(theirs, proxied))
    return { check: ok(what, 'it names the address it is asked at, so clients find mcpspan') };
  const same = JSON.stringify(document) === JSON.stringify(through.document);
  return {
    check: warning(
      what,
      `${same ? 'the same' : 'another'}: resource ${theirs ?? '(none)'}${same || theirs === mine ? '' : `, directly ${mine}`}`,
      'clients sign in for that address only: let them reach mcpspan there, or set the public URL of the upstream to that of mcpspan',
    ),
    stop: `the ${WHAT}, unless it reaches mcpspan by ${theirs ?? 'the address that they name'}: they are for that address only`,
  };
}

/** Both revisions: the challenge names the scopes of the request, else the metadata do, else clients ask for none. */
function checkScopes(challenged: string | undefined, document: JsonObject): Step {
  const supported = listed(document['scopes_supported']);
  return {
    check: ok(
      'scopes',
      challenged !== undefined
        ? `${challenged} (named by the challenge)`
        : supported.length > 0
          ? `${supported.join(' ')} (from the metadata, as the challenge names none)`
          : 'none named: clients ask for none',
    ),
  };
}

/** A remark: only a client in a browser needs it. */
async function checkBrowser(url: string, metadata: Metadata) {
  const { allowedOrigin } = await metadata.read(url, BROWSER_ORIGIN);
  const readable = allowedOrigin === '*' || allowedOrigin === BROWSER_ORIGIN;
  return ok(
    'clients in a browser',
    readable
      ? 'may read the metadata (CORS)'
      : 'cannot read the metadata (no CORS headers); no other client needs that',
  );
}
