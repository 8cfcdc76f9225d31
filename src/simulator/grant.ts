import { isObject, parseJson, textOf } from './json.ts';
import type { SignInStep } from './profile.ts';
import { RESOURCE_METADATA, SERVER_METADATA, SIGN_IN_PATH } from './sign-in.ts';
import type { HeaderList, Wire } from './wire.ts';

/** What a client has of its user's consent. */
export interface Grant {
  /** With the token, once there is one. */
  headers(): HeaderList;
  take(step: SignInStep, resource: 'own' | 'other', headers: Readonly<Record<string, string>>): Promise<void>;
}

const BROWSER = ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64)'];
const CALLBACK = 'http://localhost/callback';

/** Signs in, one request at a time: at the simulated server, or at any that has the same places. */
export function createGrant(wire: Wire): Grant {
  let clientId: string | undefined;
  let code: string | undefined;
  let token: string | undefined;
  return {
    headers: () => (token === undefined ? [] : ['Authorization', `Bearer ${token}`]),
    async take(step, resource, own) {
      const headers = Object.entries(own).flat();
      switch (step) {
        case 'resource-metadata':
          await wire.get(headers, RESOURCE_METADATA);
          return;
        case 'server-metadata':
          await wire.get(headers, SERVER_METADATA);
          return;
        case 'registration': {
          const body = JSON.stringify({ client_name: 'simulated', redirect_uris: [CALLBACK] });
          const reply = await wire.submit([...headers, 'Content-Type', 'application/json'], '/register', body);
          clientId = memberOf(reply.kind === 'answered' ? reply.text : undefined, 'client_id');
          return;
        }
        case 'authorize': {
          const query = new URLSearchParams({
            response_type: 'code',
            client_id: clientId ?? '',
            redirect_uri: CALLBACK,
          });
          const reply = await wire.get(BROWSER, `/authorize?${query.toString()}`);
          const location = reply.kind === 'answered' ? textOf(reply.headers.location) : undefined;
          code = URL.parse(location ?? '')?.searchParams.get('code') ?? undefined;
          return;
        }
        case 'token': {
          const audience = resource === 'own' ? `http://localhost${SIGN_IN_PATH}` : 'http://localhost/another';
          const form = {
            grant_type: 'authorization_code',
            code: code ?? '',
            client_id: clientId ?? '',
            resource: audience,
          };
          const type = ['Content-Type', 'application/x-www-form-urlencoded'];
          const reply = await wire.submit([...headers, ...type], '/token', new URLSearchParams(form).toString());
          token = memberOf(reply.kind === 'answered' ? reply.text : undefined, 'access_token');
        }
      }
    },
  };
}

function memberOf(text: string | undefined, name: string): string | undefined {
  const parsed = text === undefined ? undefined : parseJson(text);
  return isObject(parsed) ? textOf(parsed[name]) : undefined;
}
