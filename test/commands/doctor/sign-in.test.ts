import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { recordAttempts } from '../../support/attempts.ts';
import { temporaryFolder } from '../../store/store-rig.ts';
import { httpServer } from '../../support/listen.ts';
import { runDoctor } from './doctor-run.ts';

/** Metadata of an authorization server that lack nothing. */
const authority = (host: string): Record<string, unknown> => ({
  issuer: host,
  authorization_endpoint: `${host}/authorize`,
  token_endpoint: `${host}/token`,
  registration_endpoint: `${host}/register`,
  client_id_metadata_document_supported: true,
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
});

type Refuse = (response: ServerResponse) => void;

/**
 * A server that asks for authorization; `documents` is what is below `/.well-known/`.
 * @param refuse how it answers a token
 */
async function startGuarded(
  challenge: string | undefined,
  documents: (host: string) => Record<string, unknown>,
  refuse?: Refuse,
) {
  const server = await httpServer((request, response) => {
    request.resume();
    const document = documents(`http://${request.headers.host}`)[request.url ?? ''];
    if (document !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
    } else if (request.url?.startsWith('/.well-known/') === true) {
      response.writeHead(404).end();
    } else if (request.headers.authorization !== undefined && refuse !== undefined) {
      refuse(response);
    } else {
      if (challenge !== undefined) response.setHeader('www-authenticate', challenge);
      response.writeHead(401).end();
    }
  });
  return { ...server, url: `${server.url}/mcp` };
}

const METADATA = '/.well-known/oauth-protected-resource/mcp';

describe('doctor, of authorization', () => {
  it('follows a challenge to the metadata, and finds the same through the proxy', async () => {
    await using server = await startGuarded('Bearer realm="x"', (host) => ({
      [METADATA]: { resource: `${host}/mcp`, authorization_servers: [host] },
      '/.well-known/oauth-authorization-server': authority(host),
    }));
    const { code, checks, about } = await runDoctor({ upstream: server.url });
    expect(about('upstream')).toMatchObject([
      {
        state: 'warning',
        found: expect.stringContaining('asks for authorization'),
        cure: expect.stringMatching(/^give/),
      },
    ]);
    expect(about('challenge')).toMatchObject([
      { state: 'warning', found: 'Bearer without a URL as resource_metadata' },
    ]);
    expect(about('resource metadata')).toMatchObject([{ state: 'ok', found: expect.stringContaining(server.url) }]);
    // It names whatever host it is asked by.
    expect(about('the same through mcpspan')).toMatchObject([{ state: 'ok' }]);
    expect(about('authorization server').map(({ state }) => state)).toEqual(['ok']);
    expect(checks.filter(({ state }) => state === 'problem')).toEqual([]);
    expect(code).toBe(0);
  });

  it('warns that metadata for another address keeps clients from signing in through the proxy', async () => {
    await using server = await startGuarded('Bearer', () => ({
      [METADATA]: { resource: 'https://mcp.example.com/mcp', authorization_servers: [] },
    }));
    const { about } = await runDoctor({ upstream: server.url });
    expect(about('resource metadata')).toMatchObject([
      { state: 'problem', found: expect.stringContaining('names no') },
    ]);
    expect(about('the same through mcpspan')).toMatchObject([
      { state: 'warning', found: 'the same: resource https://mcp.example.com/mcp' },
    ]);
  });

  it('follows the challenge, and says when no metadata is there', async () => {
    await using elsewhere = await httpServer((_request, response) => response.writeHead(404).end());
    await using server = await startGuarded(`Bearer resource_metadata="${elsewhere.url}/meta"`, () => ({}));
    const { code, about } = await runDoctor({ upstream: server.url });
    expect(about('challenge')).toMatchObject([{ state: 'ok' }]);
    expect(about('resource metadata')).toMatchObject([
      { state: 'problem', found: `${elsewhere.url}/meta: HTTP 404, or no JSON` },
    ]);
    expect(code).toBe(1);
  });

  it('says that a 401 names no way to sign in', async () => {
    await using server = await startGuarded(undefined, () => ({}));
    const { about } = await runDoctor({ upstream: server.url });
    expect(about('challenge')).toMatchObject([{ state: 'warning', found: 'HTTP 401 without WWW-Authenticate' }]);
  });
});

const INVALID: Refuse = (response) =>
  response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
const AUTHORITY = '/.well-known/oauth-authorization-server';

/** A server whose metadata lack nothing, but for what is changed. */
const startWhole = (change: Record<string, unknown> = {}, refuse: Refuse = INVALID) =>
  startGuarded(
    'Bearer scope="read", resource_metadata="nowhere"',
    (host) => ({
      [METADATA]: { resource: `${host}/mcp`, authorization_servers: [host], scopes_supported: ['all'] },
      [AUTHORITY]: { ...authority(host), ...change },
    }),
    refuse,
  );

describe('doctor, on the way of a client to the sign-in page', () => {
  it('says that nothing is in its way, and what each revision asks for', async () => {
    await using server = await startWhole();
    const { about, code } = await runDoctor({ upstream: server.url });
    expect(about('a real client')).toMatchObject([{ state: 'ok', found: 'nothing in its way up to the sign-in page' }]);
    expect(about('scopes')).toMatchObject([{ found: 'read (named by the challenge)' }]);
    expect(about('client ids')).toMatchObject([{ found: 'client id documents, and registration' }]);
    expect(about('revisions of the sign-in')[0]?.found).toContain('2025-11-25 and 2026-07-28 have all');
    expect(about('a worthless token')).toMatchObject([{ state: 'ok', found: 'is refused: HTTP 401, invalid_token' }]);
    expect(about('clients in a browser')).toMatchObject([{ state: 'ok', found: expect.stringContaining('cannot') }]);
    expect(code).toBe(0);
  });

  it.each<[string, Record<string, unknown>, string, 'warning' | 'problem', string]>([
    [
      'no client id can be had',
      { registration_endpoint: undefined, client_id_metadata_document_supported: undefined },
      'client ids',
      'warning',
      'registration, unless it was given a client id',
    ],
    [
      'no method is named',
      { code_challenge_methods_supported: undefined },
      'PKCE',
      'warning',
      'the metadata of the authorization server, if it keeps to the specification',
    ],
    [
      'S256 is missing',
      { code_challenge_methods_supported: ['plain'] },
      'PKCE',
      'problem',
      'the metadata of the authorization server: no S256',
    ],
    [
      'an endpoint is missing',
      { token_endpoint: 'nowhere' },
      'endpoints',
      'problem',
      'the metadata of the authorization server: no token_endpoint',
    ],
  ])('says where a client stops when %s', async (_, change, what, state, stop) => {
    await using server = await startWhole(change);
    const { about, code } = await runDoctor({ upstream: server.url });
    expect(about(what)).toMatchObject([{ state }]);
    expect(about('a real client')).toMatchObject([
      { state: 'warning', found: expect.stringContaining(`would stop at: ${stop}`), cure: about(what)[0]?.cure },
    ]);
    expect(code).toBe(state === 'problem' ? 1 : 0);
  });

  it('names what is no obstacle for all: another issuer, and client id documents alone', async () => {
    await using server = await startWhole({ issuer: 'https://other.example', registration_endpoint: undefined });
    const { about } = await runDoctor({ upstream: server.url });
    expect(about('issuer')).toMatchObject([{ state: 'warning', found: expect.stringContaining('https://other') }]);
    expect(about('client ids')).toMatchObject([{ state: 'warning' }]);
    expect(about('a real client')).toMatchObject([{ state: 'ok' }]);
  });

  it('does not take metadata for another address for its own', async () => {
    await using server = await startGuarded('Bearer', (host) => ({
      [METADATA]: { resource: 'https://mcp.example.com/mcp', authorization_servers: [host] },
      [AUTHORITY]: authority(host),
    }));
    const { about } = await runDoctor({ upstream: server.url });
    expect(about('a real client')).toMatchObject([
      { found: expect.stringContaining('unless it comes by https://mcp.example.com/mcp') },
    ]);
  });

  it.each<[string, Refuse, 'warning' | 'problem', string]>([
    ['403', (response) => response.writeHead(403).end(), 'problem', 'is refused with HTTP 403, not 401'],
    ['500', (response) => response.writeHead(500).end(), 'problem', 'is refused with HTTP 500, not 401'],
    ['200', (response) => response.writeHead(200).end(), 'problem', 'is accepted (HTTP 200)'],
    ['a bare 401', (response) => response.writeHead(401).end(), 'warning', 'without error="invalid_token"'],
  ])('tells when a worthless token is answered with %s', async (_, refuse, state, found) => {
    await using server = await startWhole({}, refuse);
    const { about } = await runDoctor({ upstream: server.url });
    expect(about('a worthless token')).toMatchObject([{ state, found: expect.stringContaining(found) }]);
    expect(about('a worthless token through mcpspan')).toEqual([]);
  });

  it('registers nothing and writes nothing', async () => {
    const asked: string[] = [];
    await using server = await httpServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const host = `http://${request.headers.host}`;
      const documents: Record<string, unknown> = {
        [METADATA]: { resource: `${host}/mcp`, authorization_servers: [host] },
        [AUTHORITY]: authority(host),
      };
      const document = documents[request.url ?? ''];
      request.resume();
      if (document === undefined) INVALID(response);
      else response.end(JSON.stringify(document));
    });
    await runDoctor({ upstream: `${server.url}/mcp` });
    expect(asked.filter((one) => !one.startsWith('GET ') && !/^(POST|DELETE) \/mcp$/.test(one))).toEqual([]);
    expect(asked).toContain(`GET ${AUTHORITY}`);
  });

  it('tells in one line of the attempts that the record knows', async () => {
    await using server = await startWhole();
    using folder = temporaryFolder();
    const store = folder.in('store.db');
    recordAttempts(store);
    const { about } = await runDoctor({ upstream: server.url, name: 'quiz:3000', store });
    expect(about('attempts so far')).toMatchObject([
      {
        state: 'warning',
        found: expect.stringMatching(
          /^16 attempts to connect, of 4 clients\. In 11 of 12 attempts, chatgpt stopped after/,
        ),
        cure: expect.stringMatching(/^mcpspan journeys [0-9a-f]{8} /),
      },
    ]);
    const other = await runDoctor({ upstream: server.url, name: 'another', store });
    expect(other.about('attempts so far')).toEqual([]);
  });
});
