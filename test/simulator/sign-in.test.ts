import http from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play } from '../../src/simulator/player.ts';
import { startSimulatedServer } from '../../src/simulator/server.ts';
import { httpServer } from '../support/listen.ts';
import { profileNamed } from './recorder.ts';

let server: Awaited<ReturnType<typeof startSimulatedServer>>;
beforeAll(async () => {
  server = await startSimulatedServer({});
});
afterAll(() => server.close());

/** What one round of a profile asks for, and how it is answered: `POST /token 200`. */
async function asked(name: string): Promise<string[]> {
  const seen: string[] = [];
  const { origin, pathname } = new URL(server.signInUrl);
  await using between = await httpServer((request, response) => {
    const { method = '', url = '', headers } = request;
    const onward = http.request(`${origin}${url}`, { method, headers }, (answer) => {
      seen.push(`${method} ${url.split('?')[0]} ${answer.statusCode}`);
      answer.pipe(response.writeHead(answer.statusCode ?? 0, answer.headers));
    });
    request.pipe(onward);
  });
  const url = `${between.url}${pathname}`;
  await play({ url, profiles: [profileNamed(name)], speed: 2_000, seed: 1, rounds: 1 });
  return seen;
}

const METADATA = [
  'GET /.well-known/oauth-protected-resource/signin/mcp 200',
  'GET /.well-known/oauth-authorization-server 200',
];
const GRANT = ['POST /register 201', 'GET /authorize 302', 'POST /token 200'];
const REFUSED = 'POST /signin/mcp 401';

describe('where one has to sign in', () => {
  it.each([
    ['stops-at-challenge', [REFUSED]],
    ['stops-at-metadata', [REFUSED, ...METADATA]],
    ['never-returns', [REFUSED, ...METADATA, ...GRANT]],
    ['wrong-audience', [REFUSED, ...METADATA, ...GRANT, REFUSED, REFUSED]],
    ['validator', ['GET /signin/mcp 401', ...METADATA]],
    ['shakes-hands-only', [REFUSED, ...METADATA, ...GRANT, 'POST /signin/mcp 200', 'POST /signin/mcp 202']],
  ])('%s does this and no more', async (name, requests) => {
    expect(await asked(name)).toEqual(requests);
  });

  it('signs-in is let in, and its calls are answered', async () => {
    const requests = await asked('signs-in');
    expect(requests.slice(0, 6)).toEqual([REFUSED, ...METADATA, ...GRANT]);
    expect(requests.slice(6).filter((request) => request === 'POST /signin/mcp 200').length).toBeGreaterThanOrEqual(4);
  });

  it('a code is good for one token, and a token that was made up for nothing', async () => {
    const { origin } = new URL(server.signInUrl);
    const token = (code: string) => fetch(`${origin}/token`, { method: 'POST', body: new URLSearchParams({ code }) });
    const { headers } = await fetch(`${origin}/authorize`, { redirect: 'manual' });
    const code = new URL(headers.get('location') ?? '').searchParams.get('code') ?? '';
    expect([(await token(code)).status, (await token(code)).status]).toEqual([200, 400]);
    const made = await fetch(server.signInUrl, { headers: { Authorization: 'Bearer made-up' } });
    expect([made.status, made.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('error="invalid_token"'),
    ]);
  });
});
