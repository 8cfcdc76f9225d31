import { randomUUID } from 'node:crypto';
import type { AppRequest, AppResponse } from './app-exchange.ts';

/** Where the app lets nobody in without a token. */
export const SIGN_IN_PATH = '/signin/mcp';

export const RESOURCE_METADATA = `/.well-known/oauth-protected-resource${SIGN_IN_PATH}`;
export const SERVER_METADATA = '/.well-known/oauth-authorization-server';
/** The oldest make room. */
const MAX_TOKENS = 1_000;

/** The OAuth side of the app: a protected resource, and an authorization server at the same origin. */
export class SignIn {
  readonly #tokens = new Map<string, { audience: string }>();
  readonly #codes = new Set<string>();
  readonly #newId: () => string;

  constructor(newId: () => string = randomUUID) {
    this.#newId = newId;
  }

  /** Answers a request that is about signing in, or that may not go on without. Returns whether it did. */
  answers(request: AppRequest, response: AppResponse): boolean {
    const origin = `http://${request.headers.host ?? 'localhost'}`;
    const json = (status: number, body: object): true => {
      response.head(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(body));
      return true;
    };
    switch (`${request.method} ${request.path}`) {
      case `GET ${RESOURCE_METADATA}`:
        return json(200, { resource: `${origin}${SIGN_IN_PATH}`, authorization_servers: [origin] });
      case `GET ${SERVER_METADATA}`:
        return json(200, {
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          registration_endpoint: `${origin}/register`,
          response_types_supported: ['code'],
          code_challenge_methods_supported: ['S256'],
        });
      case 'POST /register':
        return json(201, { client_id: this.#newId() });
      case 'GET /authorize': {
        const code = this.#newId();
        this.#keep(this.#codes, code);
        response.head(302, { Location: `http://localhost/callback?code=${code}` });
        response.end();
        return true;
      }
      case 'POST /token': {
        const form = new URLSearchParams(request.body);
        if (!this.#codes.delete(form.get('code') ?? '')) return json(400, { error: 'invalid_grant' });
        const token = this.#newId();
        this.#tokens.set(token, { audience: form.get('resource') ?? '' });
        if (this.#tokens.size > MAX_TOKENS) this.#tokens.delete([...this.#tokens.keys()][0] ?? '');
        return json(200, { access_token: token, token_type: 'Bearer', expires_in: 3_600 });
      }
      default:
        return request.path === SIGN_IN_PATH && this.#turnsAway(request, response, origin);
    }
  }

  #turnsAway({ headers }: AppRequest, response: AppResponse, origin: string): boolean {
    const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
    const known = token === undefined ? undefined : this.#tokens.get(token);
    if (known?.audience.endsWith(SIGN_IN_PATH) === true) return false;
    const error = token === undefined ? '' : 'error="invalid_token", ';
    response.head(401, {
      'Content-Type': 'application/json',
      'WWW-Authenticate': `Bearer ${error}resource_metadata="${origin}${RESOURCE_METADATA}"`,
    });
    response.end(JSON.stringify({ error: token === undefined ? 'unauthorized' : 'invalid_token' }));
    return true;
  }

  #keep(kept: Set<string>, one: string): void {
    kept.add(one);
    if (kept.size > MAX_TOKENS) kept.delete([...kept][0] ?? '');
  }
}
