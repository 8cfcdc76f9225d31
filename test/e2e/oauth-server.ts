import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { InvalidGrantError, InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { getOAuthProtectedResourceMetadataUrl, mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { OAuthClientInformationFull, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { listen } from '../support/listen.ts';

export interface OAuthServer extends AsyncDisposable {
  readonly url: string;
  /** Clients reach it at this origin, which its metadata name from now on. */
  isReachedAt(origin: string): void;
}

/** What is made up for a sign-in, so that a test can look for it. */
export interface Secrets {
  code: string;
  token: string;
  refreshToken: string;
  clientId: string;
  clientSecret: string;
}

const madeUp = (): Secrets => ({
  code: randomUUID(),
  token: randomUUID(),
  refreshToken: randomUUID(),
  clientId: randomUUID(),
  clientSecret: randomUUID(),
});

/** An MCP server of the official SDK behind the SDK's own authorization server, both at one origin. */
export async function startOAuthServer(options: {
  /** It takes none of the tokens that it gave out. */
  refusesTokens: boolean;
  secrets?: Secrets;
}): Promise<OAuthServer> {
  const { refusesTokens, secrets = madeUp() } = options;
  const clients = new Map<string, OAuthClientInformationFull>();
  const challenges = new Map<string, string>();
  const provider: OAuthServerProvider = {
    clientsStore: {
      getClient: (id) => clients.get(id),
      registerClient: (metadata) => {
        // A public client gets no secret: mcp-remote does not keep a registration that has one.
        const isPublic = metadata.client_secret === undefined;
        const own = { client_id: secrets.clientId, ...(!isPublic && { client_secret: secrets.clientSecret }) };
        const client = { ...metadata, ...own };
        clients.set(client.client_id, client);
        return client;
      },
    },
    authorize: (_client, { codeChallenge, redirectUri, state }, response) => {
      challenges.set(secrets.code, codeChallenge);
      const target = new URL(redirectUri);
      target.searchParams.set('code', secrets.code);
      if (state !== undefined) target.searchParams.set('state', state);
      response.redirect(target.href);
      return Promise.resolve();
    },
    challengeForAuthorizationCode: (_client, code) => {
      const challenge = challenges.get(code);
      return challenge === undefined
        ? Promise.reject(new InvalidGrantError('unknown code'))
        : Promise.resolve(challenge);
    },
    exchangeAuthorizationCode: () =>
      Promise.resolve({ access_token: secrets.token, token_type: 'Bearer', refresh_token: secrets.refreshToken }),
    exchangeRefreshToken: () => Promise.reject(new InvalidGrantError('no more')),
    verifyAccessToken: (token) =>
      token === secrets.token && !refusesTokens
        ? Promise.resolve({ token, clientId: secrets.clientId, scopes: [], expiresAt: Date.now() / 1_000 + 3_600 })
        : Promise.reject(new InvalidTokenError('not for this server')),
  };
  const transports = new Map<string, StreamableHTTPServerTransport>();
  let app: http.RequestListener = (_request, response) => void response.writeHead(503).end();
  const listening = await listen(http.createServer((request, response) => app(request, response)));
  return {
    url: `${listening.url}/mcp`,
    isReachedAt(origin) {
      const url = new URL('/mcp', origin);
      const express = createMcpExpressApp();
      express.use(mcpAuthRouter({ provider, issuerUrl: new URL(origin), resourceServerUrl: url }));
      const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(url);
      express.use('/mcp', requireBearerAuth({ verifier: provider, resourceMetadataUrl }), answer);
      app = express;
    },
    [Symbol.asyncDispose]: listening.close,
  };

  async function answer(
    request: http.IncomingMessage & { body?: unknown },
    response: http.ServerResponse,
  ): Promise<void> {
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? transports.get(id) : undefined;
    const transport =
      known ??
      new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (session) => void transports.set(session, transport),
      });
    if (known === undefined) await createServer().connect(transport as Transport);
    await transport.handleRequest(request, response, request.body);
  }
}

function createServer(): McpServer {
  const server = new McpServer({ name: 'oauth-server', version: '1.0.0' });
  server.registerTool('echo', {}, () => ({ content: [{ type: 'text', text: 'fine' }] }));
  return server;
}

/** A user with a browser, who agrees to what is asked. */
export function createUser(state?: string): OAuthClientProvider & { signedIn(): Promise<string> } {
  let information: OAuthClientInformationFull | undefined;
  let tokens: OAuthTokens | undefined;
  let verifier = '';
  let asked: URL | undefined;
  const redirectUrl = 'http://localhost:39999/callback';
  return {
    redirectUrl,
    clientMetadata: { client_name: 'sdk-client', redirect_uris: [redirectUrl] },
    ...(state !== undefined && { state: () => state }),
    clientInformation: () => information,
    saveClientInformation: (registered) => {
      // The SDK hands over what the server answered.
      information = registered as OAuthClientInformationFull;
    },
    tokens: () => tokens,
    saveTokens: (given) => {
      tokens = given;
    },
    redirectToAuthorization: (url) => {
      asked = url;
    },
    saveCodeVerifier: (made) => {
      verifier = made;
    },
    codeVerifier: () => verifier,
    /** Opens the page, and returns the code. */
    async signedIn() {
      const response = await fetch(asked ?? '', { redirect: 'manual', headers: { 'User-Agent': 'Mozilla/5.0' } });
      return new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? '';
    },
  };
}
