import { textOf, type JsonObject } from '../../simulator/json.ts';
import { ok, problem, warning, type Step } from './check.ts';
import type { Metadata } from './metadata.ts';

const WHAT = 'authorization server';
/** What an authorization code is fetched with (RFC 7636). */
const METHOD = 'S256';

/** The texts of a list; anything else is none. */
export const listed = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

/** Where clients look, in their order: RFC 8414, then OpenID Connect Discovery, before or after the path of the issuer. */
function urlsOf(server: string): string[] {
  const { origin, pathname } = new URL(server);
  const path = pathname.replace(/\/$/, '');
  return [
    ...new Set([
      `${origin}/.well-known/oauth-authorization-server${path}`,
      `${origin}/.well-known/openid-configuration${path}`,
      `${origin}${path}/.well-known/openid-configuration`,
      // No specification has it, but some clients try it.
      `${origin}${path}/.well-known/oauth-authorization-server`,
    ]),
  ];
}

/** Whether a client that has read the metadata of an authorization server can send its user there. */
export async function checkAuthority(server: string, metadata: Metadata): Promise<Step[]> {
  const { document, fault } = await metadata.first(urlsOf(server));
  if (document === undefined)
    return [
      {
        check: problem(
          WHAT,
          `${server}: ${fault ?? 'no metadata'}`,
          'serve RFC 8414 metadata there, or correct authorization_servers',
        ),
        stop: `the metadata of the ${WHAT}: they are not there`,
      },
    ];
  return [
    { check: ok(WHAT, `${server} has its metadata`) },
    checkIssuer(document, server),
    checkEndpoints(document),
    checkChallengeMethod(document),
    checkClientIds(document),
    checkRevisions(document),
  ];
}

function checkIssuer(document: JsonObject, server: string): Step {
  const issuer = textOf(document['issuer']);
  // An address without a path is often written with a slash, which clients let pass.
  const same = issuer?.replace(/\/$/, '') === server.replace(/\/$/, '');
  return {
    check: same
      ? ok('issuer', issuer ?? '')
      : warning(
          'issuer',
          issuer === undefined ? 'not named' : `${issuer}, not ${server}`,
          'make them the same: clients refuse metadata of another issuer (RFC 8414, 3.3), and 2026-07-28 compares it again after the sign-in',
        ),
  };
}

function checkEndpoints(document: JsonObject): Step {
  const lacking = ['authorization_endpoint', 'token_endpoint'].filter(
    (name) => !URL.canParse(textOf(document[name]) ?? ''),
  );
  return lacking.length === 0
    ? { check: ok('endpoints', 'authorization and token') }
    : {
        check: problem('endpoints', `no ${lacking.join(', no ')}`, 'name them in the metadata (RFC 8414, 2)'),
        stop: `the metadata of the ${WHAT}: no ${lacking.join(', no ')}`,
      };
}

/** Both revisions want clients to refuse a server that does not name a method. */
function checkChallengeMethod(document: JsonObject): Step {
  const named = document['code_challenge_methods_supported'];
  const cure = `serve code_challenge_methods_supported: ["${METHOD}"]`;
  if (named === undefined)
    return {
      check: warning('PKCE', 'no code_challenge_methods_supported: clients have to refuse, though some go on', cure),
      stop: `the metadata of the ${WHAT}, if it keeps to the specification: they do not say that PKCE is supported`,
    };
  return listed(named).includes(METHOD)
    ? { check: ok('PKCE', METHOD) }
    : {
        check: problem('PKCE', `no ${METHOD} in code_challenge_methods_supported`, cure),
        stop: `the metadata of the ${WHAT}: no ${METHOD}`,
      };
}

const offersDocuments = (document: JsonObject): boolean => document['client_id_metadata_document_supported'] === true;
const offersRegistration = (document: JsonObject): boolean =>
  URL.canParse(textOf(document['registration_endpoint']) ?? '');

function checkClientIds(document: JsonObject): Step {
  const what = 'client ids';
  const registers = offersRegistration(document);
  if (offersDocuments(document))
    return {
      check: registers
        ? ok(what, 'client id documents, and registration')
        : warning(
            what,
            'client id documents only: clients that know registration only need a client id from you',
            'add a registration_endpoint (RFC 7591), or give them a client id',
          ),
    };
  return registers
    ? { check: ok(what, 'registration') }
    : {
        check: warning(
          what,
          'neither a registration_endpoint nor client_id_metadata_document_supported: clients that know no client id stop here',
          'support client id documents or registration, or give clients a client id',
        ),
        stop: 'registration, unless it was given a client id',
      };
}

/** What the revisions ask for beyond each other; a wish is no fault. */
function checkRevisions(document: JsonObject): Step {
  const wishes = [
    ...(offersDocuments(document) ? [] : ['client id documents (registration is deprecated there)']),
    ...(document['authorization_response_iss_parameter_supported'] === true ? [] : ['iss in its answers (RFC 9207)']),
  ];
  return {
    check: ok(
      'revisions of the sign-in',
      wishes.length === 0
        ? '2025-11-25 and 2026-07-28 have all that they ask for'
        : `2025-11-25 and 2026-07-28 need the above; 2026-07-28 would also like ${wishes.join(', and ')}`,
    ),
  };
}
