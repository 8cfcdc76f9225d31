import {
  auth,
  ClientCredentialsProvider,
  computeScopeUnion,
  CrossAppAccessProvider,
  DpopSession,
  extractWWWAuthenticateParams,
  isStrictScopeSuperset,
  PrivateKeyJwtProvider,
  requestJwtAuthorizationGrant,
  UnauthorizedError,
  withDpopFromProvider,
  type FetchLike,
  type OAuthClientProvider,
} from '@modelcontextprotocol/client';
import { z } from 'zod';
import type { ClientRun } from './client-run.ts';

type Stored = NonNullable<ReturnType<OAuthClientProvider['clientInformation']>>;
type ClientInformation = Exclude<Stored, Promise<unknown>>;
type Tokens = Exclude<ReturnType<OAuthClientProvider['tokens']>, Promise<unknown>>;

const CALLBACK = 'http://localhost:3000/callback';

interface User extends OAuthClientProvider {
  /** What came back from the authorization page, for a user who always agrees. */
  readonly agreed: { code: string; iss: string | undefined } | undefined;
}

/** A user with a browser, who agrees to whatever is asked. */
function createUser(run: ClientRun, registered?: ClientInformation, dpop?: DpopSession): User {
  let information = registered;
  let tokens: Tokens;
  let verifier = '';
  let discovery: Awaited<ReturnType<NonNullable<OAuthClientProvider['discoveryState']>>>;
  let agreed: User['agreed'];
  return {
    redirectUrl: CALLBACK,
    clientMetadata: { client_name: 'conformance', redirect_uris: [CALLBACK] },
    ...(registered === undefined && { clientMetadataUrl: 'https://conformance-test.local/client-metadata.json' }),
    ...(dpop !== undefined && { dpop: () => dpop }),
    get agreed() {
      return agreed;
    },
    clientInformation: () => information,
    saveClientInformation: (given) => {
      information = given;
    },
    tokens: () => tokens,
    saveTokens: (given) => {
      tokens = given;
    },
    codeVerifier: () => verifier,
    saveCodeVerifier: (given) => {
      verifier = given;
    },
    discoveryState: () => discovery,
    saveDiscoveryState: (given) => {
      discovery = given;
    },
    invalidateCredentials: (scope) => {
      if (scope === 'all' || scope === 'client') information = undefined;
      if (scope === 'all' || scope === 'tokens') tokens = undefined;
      if (scope === 'all' || scope === 'discovery') discovery = undefined;
    },
    async redirectToAuthorization(page) {
      const response = await run.fetch(page, { redirect: 'manual' });
      const { searchParams } = new URL(response.headers.get('location') ?? '', page);
      const code = searchParams.get('code');
      if (code === null) throw new Error(`${page.href} gave no code`);
      agreed = { code, iss: searchParams.get('iss') ?? undefined };
    },
  };
}

/** Sends the token it has; asked for one, or for a better one, gets it and sends the request once more. */
function authorizing(run: ClientRun, user: User): FetchLike {
  const send = withDpopFromProvider(user)(run.fetch);
  async function authorize(challenge: Response): Promise<void> {
    const { resourceMetadataUrl, scope: wanted } = extractWWWAuthenticateParams(challenge);
    const granted = (await user.tokens())?.scope;
    const scope = challenge.status === 403 ? computeScopeUnion(granted, wanted) : wanted;
    // The token does not hold here any more: perhaps another server gives them now.
    if (challenge.status === 401) await user.invalidateCredentials?.('discovery');
    const options = {
      serverUrl: run.url,
      fetchFn: run.fetch,
      ...(resourceMetadataUrl !== undefined && { resourceMetadataUrl }),
      ...(scope !== undefined && { scope }),
    };
    const forceReauthorization = isStrictScopeSuperset(scope, granted);
    if ((await auth(user, { ...options, forceReauthorization })) === 'AUTHORIZED') return;
    const { code = '', iss } = user.agreed ?? {};
    const done = await auth(user, { ...options, authorizationCode: code, ...(iss !== undefined && { iss }) });
    if (done !== 'AUTHORIZED') throw new UnauthorizedError('the code was not enough');
  }
  return async (input, init) => {
    const attempt = async (): Promise<Response> => {
      const headers = new Headers(init?.headers);
      const token = (await user.tokens())?.access_token;
      if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
      return send(input, { ...init, headers });
    };
    const refused = ({ status }: Response): boolean => status === 401 || status === 403;
    const first = await attempt();
    if (!refused(first)) return first;
    await authorize(first);
    const second = await attempt();
    if (refused(second)) throw new UnauthorizedError(`still ${second.status}`);
    return second;
  };
}

/** A workload that brings a signed statement of who it is, once. */
function createWorkload(client_id: string, assertion: string): OAuthClientProvider {
  let tokens: Tokens;
  return {
    redirectUrl: undefined,
    clientMetadata: { redirect_uris: [], token_endpoint_auth_method: 'none' },
    clientInformation: () => ({ client_id }),
    tokens: () => tokens,
    saveTokens: (given) => {
      tokens = given;
    },
    redirectToAuthorization: () => undefined,
    saveCodeVerifier: () => undefined,
    codeVerifier: () => '',
    prepareTokenRequest: () =>
      new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }),
  };
}

const Registered = z.object({ client_id: z.string(), client_secret: z.string() });
const Key = z.object({
  client_id: z.string(),
  private_key_pem: z.string(),
  signing_algorithm: z.string().default('ES256'),
});
const Workload = z.object({ client_id: z.string(), valid_jwt: z.string() });
const Enterprise = Registered.extend({
  idp_client_id: z.string(),
  idp_id_token: z.string(),
  idp_token_endpoint: z.string(),
});

function enterprise(run: ClientRun): OAuthClientProvider {
  const { client_id, client_secret, idp_client_id, idp_id_token, idp_token_endpoint } = Enterprise.parse(run.context);
  return new CrossAppAccessProvider({
    clientId: client_id,
    clientSecret: client_secret,
    assertion: async ({ authorizationServerUrl, resourceUrl, fetchFn }) => {
      const { jwtAuthGrant } = await requestJwtAuthorizationGrant({
        tokenEndpoint: idp_token_endpoint,
        audience: authorizationServerUrl,
        resource: resourceUrl,
        idToken: idp_id_token,
        clientId: idp_client_id,
        ...(fetchFn !== undefined && { fetchFn }),
      });
      return jwtAuthGrant;
    },
  });
}

/** How the client of a scenario gets its token: as options of its transport. */
export async function authorization(run: ClientRun): Promise<{ fetch: FetchLike; authProvider?: OAuthClientProvider }> {
  const { fetch, context } = run;
  switch (run.scenario) {
    case 'auth/client-credentials-jwt': {
      const { client_id, private_key_pem, signing_algorithm } = Key.parse(context);
      const options = { clientId: client_id, privateKey: private_key_pem, algorithm: signing_algorithm };
      return { fetch, authProvider: new PrivateKeyJwtProvider(options) };
    }
    case 'auth/client-credentials-basic': {
      const { client_id, client_secret } = Registered.parse(context);
      return {
        fetch,
        authProvider: new ClientCredentialsProvider({ clientId: client_id, clientSecret: client_secret }),
      };
    }
    case 'auth/cross-app-access-complete-flow':
    case 'auth/enterprise-managed-authorization':
      return { fetch, authProvider: enterprise(run) };
    case 'auth/wif-jwt-bearer': {
      const { client_id, valid_jwt } = Workload.parse(context);
      return { fetch, authProvider: createWorkload(client_id, valid_jwt) };
    }
    case 'auth/pre-registration':
      return { fetch: authorizing(run, createUser(run, Registered.parse(context))) };
    case 'auth/dpop':
    case 'auth/dpop-nonce':
      return { fetch: authorizing(run, createUser(run, undefined, await DpopSession.create())) };
    default:
      return { fetch: authorizing(run, createUser(run)) };
  }
}
