import { describe, expect, it } from 'vitest';
import { journeys } from '../../../src/commands/store/journeys.ts';
import { report } from '../../../src/commands/store/report.ts';
import { request, type Conversation } from '../../support/conversation.ts';
import { HOSTILE, widest, withStore, type Command } from './command-rig.ts';

const CHALLENGE = { 'WWW-Authenticate': 'Bearer resource_metadata="http://localhost/x"' };
const AGENT = { 'User-Agent': 'acme/1.0' };

const journeysCommand =
  (id = ''): Command =>
  (reader, question, out) =>
    journeys(reader, id, question, out);

/** Gets a token, and never comes back with it. */
function neverReturns({ post, send, clock, sweep }: Conversation, headers: Record<string, string> = AGENT): void {
  post(request(1, 'initialize'), headers).answer(401, {}, CHALLENGE);
  send({ method: 'GET', path: '/.well-known/oauth-protected-resource/mcp', headers }).answer(200, {});
  clock.advance(5_000);
  send({ path: '/token', headers, body: 'x' }).answer(200, { access_token: 't' });
  clock.advance(600_000);
  sweep();
}

describe('mcpspan journeys', () => {
  it('tells how far each client came, and where the latest attempts stopped', () => {
    withStore(({ talk, ask }) => {
      neverReturns(talk);
      const { text, answer } = ask(journeysCommand());
      expect(answer).toBe(0);
      expect(text).toContain('acme: 1 attempt, 1 saw the challenge, 1 got a token, 0 came back with it\n');
      expect(text).toMatch(/acme +5\.0 s +stopped after the token: no request came back with it\n/);
      expect(text).toContain('mcpspan journeys ID');
    });
  });

  it('tells of one with its stages, what was not seen here, what to do, and how to send it', () => {
    withStore(({ talk, ask, read }) => {
      neverReturns(talk);
      const [{ id } = { id: '' }] = read((reader) => reader.journeys({}));
      const { lines } = ask(journeysCommand(id.slice(0, 6)));
      const text = lines.join('\n');
      expect(text).toMatch(/^told to sign in +0 ms .* HTTP 401$/m);
      expect(text).toMatch(/^registration +– .* not seen here$/m);
      expect(text).toMatch(/^token +5\.0 s .* HTTP 200$/m);
      expect(text).toContain('acme stopped after the token: no request came back with it.');
      expect(text).toContain('What to do: no such request reached mcpspan');
      expect(text).toContain(`mcpspan report FILE.md --journey ${id.slice(0, 8)}`);
    });
  });

  it('has the same as JSON', () => {
    withStore(({ talk, ask }) => {
      neverReturns(talk);
      expect(JSON.parse(ask(journeysCommand(), { json: true }).text)).toMatchObject({
        clients: [{ client: 'acme', attempts: 1, reached: { challenge: 1, token: 1 }, stopped: { token: 1 } }],
        journeys: [{ furthest: 'token', state: 'stopped', verdict: expect.stringContaining('after the token') }],
      });
    });
  });

  it('says so where there is none, none of that id, or several', () => {
    withStore(({ talk, ask }) => {
      expect(ask(journeysCommand()).text).toContain('Nothing has been recorded yet');
      talk.initialize('s1');
      talk.call('s1');
      const { text } = ask(journeysCommand());
      expect(text).toContain('cursor: 1 attempt, 1 completed the handshake, 1 made a call\n');
      expect(text).toContain('there is nothing more to tell');
      expect(ask(journeysCommand('abcdef'))).toMatchObject({ answer: 2, text: expect.stringContaining('List them') });
      expect(ask(journeysCommand('abcdef'), { json: true })).toMatchObject({ answer: 2, text: 'null\n' });
    });
  });

  it('fits a narrow terminal, and no name does harm there', () => {
    withStore(({ talk, ask }) => {
      talk.initialize('s1', { name: HOSTILE, version: '1' });
      talk.clock.advance(600_000);
      talk.sweep();
      neverReturns(talk, { ...AGENT, 'X-Forwarded-For': '192.0.2.1' });
      const told = ask(journeysCommand(), { columns: 80, colours: true });
      expect(widest(told)).toBeLessThanOrEqual(80);
      for (const harmful of ['\u001B[2J', '\u202E', '\u0007']) expect(told.text).not.toContain(harmful);
    });
  });
});

describe('mcpspan report --journey', () => {
  it('is one file of one attempt, with nothing in it but names, stages, times and statuses', () => {
    withStore(({ talk, ask, read }) => {
      neverReturns(talk);
      const [{ id } = { id: '' }] = read((reader) => reader.journeys({}));
      const asked =
        (journey: string): Command =>
        (reader, question, out) =>
          report(reader, '-', { ...question, journey, price: undefined, version: '1.2.3' }, out);
      const { text, answer } = ask(asked(id.slice(0, 6)));
      expect(answer).toBe(0);
      expect(text).toContain('# How acme tried to connect to quiz:3000');
      expect(text).toContain('stopped after the token: no request came back with it.');
      expect(text).toMatch(/\| token \| 20\d\d-.*Z \| 5\.0 s \| 1 \| HTTP 200 \|/);
      expect(text).toMatch(/\| registration \| – \| – \| – \| not seen here \|/);
      expect(ask(asked('ffff'))).toMatchObject({ answer: 2, text: expect.stringContaining('mcpspan journeys') });
    });
  });
});
