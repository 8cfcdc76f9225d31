import { request, result, type Headers } from './conversation.ts';
import { startRig } from '../store/store-rig.ts';
import { HOSTILE } from '../browser/hostile.ts';

const CHALLENGE = { 'WWW-Authenticate': 'Bearer resource_metadata="http://localhost/x"' };
const REFUSED = { 'WWW-Authenticate': 'Bearer error="invalid_token"' };
/** Attempts of one place that are closer may be one. */
const GAP_MS = 660_000;

/**
 * A record of the last hours: chatgpt never comes back with its token (11 of 12), claude-code is refused with it, cursor
 * signs in without registering and calls, and a client with a hostile name shakes hands and falls silent.
 */
export function recordAttempts(path: string): void {
  using rig = startRig(path);
  const { talk } = rig;
  rig.pass(Date.now() - 11_000_000 - talk.clock.now());
  const signIn = (agent: Headers, token: string | undefined, registers = true): void => {
    const get = (place: string, headers = agent): void => {
      talk.clock.advance(150);
      talk.send({ method: 'GET', path: place, headers }).answer(place.startsWith('/authorize') ? 302 : 200, {});
    };
    talk.post(request(1, 'initialize'), agent).answer(401, {}, CHALLENGE);
    get('/.well-known/oauth-protected-resource/mcp');
    get('/.well-known/oauth-authorization-server');
    if (registers) talk.send({ path: '/register', headers: agent, body: {} }).answer(201, { client_id: 'c' });
    get('/authorize?client_id=c', { 'User-Agent': 'Mozilla/5.0' });
    talk.clock.advance(9_000);
    const asked = talk.send({ path: '/token', headers: agent, body: 'grant_type=x' });
    if (token === undefined) asked.answer(400, { error: 'invalid_grant' });
    else asked.answer(200, { access_token: token });
  };
  const agent = (name: string): Headers => ({ 'User-Agent': name });
  const bearer = (token: string): Headers => ({ Authorization: `Bearer ${token}` });
  const pass = (): void => {
    talk.clock.advance(GAP_MS);
    talk.sweep();
  };
  for (let attempt = 0; attempt < 12; attempt++) {
    signIn(agent('openai-mcp/1.0.0'), attempt === 0 ? undefined : `gpt${attempt}`);
    pass();
  }
  for (let attempt = 0; attempt < 2; attempt++) {
    signIn(agent('claude-code/2.1.0'), `claude${attempt}`);
    const own = { ...agent('claude-code/2.1.0'), ...bearer(`claude${attempt}`) };
    talk.post(request(1, 'initialize'), own).answer(401, {}, REFUSED);
    pass();
  }
  signIn(agent('cursor'), 'cursor', false);
  const own = { ...agent('cursor'), ...bearer('cursor') };
  talk.initialize('s1', { name: 'cursor-vscode', version: '1.0.0' }, own);
  talk.ask(request(7, 'tools/list'), result(7, { tools: [] }), { ...own, 'Mcp-Session-Id': 's1' });
  talk.call('s1', 'quiz', own);
  talk.initialize('s2', { name: HOSTILE.image('client'), version: HOSTILE.script('version') }, agent('other/1.0'));
  rig.pass(600_000);
  talk.sweep();
  rig.store.flush();
}
