import { styleText } from 'node:util';
import { describe, expect, it } from 'vitest';
import { sessions } from '../../../src/commands/store/sessions.ts';
import { hashId } from '../../../src/session/privacy.ts';
import { notification, request, result, toolCall } from '../../support/conversation.ts';
import { widthOf } from '../../../src/commands/terminal/text.ts';
import { inSession, sessionCommand, speak, withStore } from './command-rig.ts';

describe('sessions', () => {
  it('lists sessions with their totals, and distinguishes activity', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      const { text, lines } = ask(sessions);
      expect(lines[0]).toMatch(
        /^opened +id +what +client +version +calls +failed +rejected +operations +handshakes +for +state$/,
      );
      expect(text).toMatch(/ a-session +session +claude\.ai +1\.0\.0 +8 +2 +0 +10 +1 +/);
      expect(text).toMatch(/ [0-9a-f]{32} +activity by peer +agent /);
      expect(text.match(/ session {2,}/g)).toHaveLength(9);
      expect(text).toMatch(/mcpspan session ID\n$/);
    });
  });

  it('shows how clients use them, in a line of characters for each conversation', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      const told = ask(sessions, { columns: 80 });
      expect(told.text).toMatch(/^Sessions, a row per conversation, last \d+ s$/m);
      expect(told.text).toMatch(/^chatgpt +(\|· *){2}.* 8 sessions, 8 calls$/m);
      expect(told.text).toMatch(/^claude\.ai +\|✗ +1 session, 8 calls$/m);
      expect(told.text).toContain('[ ] one session, ( ) no session id, | handshake, · tool call, ✗ failed call');
      for (const columns of [200, 80, 60, 40, 24]) {
        const [table = ''] = ask(sessions, { columns }).text.split('\nSessions, a row per conversation');
        const lines = ask(sessions, { columns }).text.slice(table.length).split('\n\n')[0]?.split('\n') ?? [];
        for (const line of lines) expect(widthOf(line), line).toBeLessThanOrEqual(columns);
      }
    });
  });

  it('shows them without colours, unless there is a terminal', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      expect(ask(sessions).text).not.toContain('\u001B');
      expect(ask(sessions, { colours: true }).text).toContain(styleText('red', '✗', { validateStream: false }));
    });
  });

  it('says how many more there are', () => {
    withStore(({ talk, ask }) => {
      for (let index = 0; index < 30; index++) talk.initialize(`s-${index}`);
      expect(ask(sessions).text).toContain('20 of 30 sessions, the latest first: --limit N.');
      expect(ask(sessions, { filter: { limit: 30 } }).text).not.toContain('--limit N');
    });
  });

  it('says what the store holds where nothing is found', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      const { text } = ask(sessions, { filter: { client: 'cursorr' } });
      expect(text).toMatch(/^No sessions of client cursorr\.\nThe store holds 27 operations from .* to .*\./);
      expect(text).toContain('The store has these clients: agent, chatgpt, claude.ai.');
      const later = ask(sessions, { filter: { since: talk.clock.now() + 60_000 } }).text;
      expect(later).toContain('--since 7d');
    });
  });

  it('says which are active, which are quiet, and how the others ended', () => {
    withStore(({ talk, ask }) => {
      talk.initialize('gone');
      talk.send({ method: 'DELETE', headers: inSession('gone') }).answer(200);
      talk.initialize('quiet');
      talk.clock.advance(300_000);
      talk.initialize('busy');
      const states = ask(sessions)
        .lines.slice(1, 4)
        .map((line) => /\S+ +\S+ +session.* (active|quiet for 5 min|deleted)$/.exec(line)?.[1]);
      expect(states).toEqual(['active', 'quiet for 5 min', 'deleted']);
    });
  });
});

describe('session', () => {
  it('has a line of characters, from its first request to its last', () => {
    withStore(({ talk, ask }) => {
      talk.initialize('long');
      for (const answer of [result(1), result(1, { isError: true }), result(1)]) {
        talk.clock.advance(10_000);
        talk.ask(toolCall(1), answer, inSession('long'));
      }
      expect(ask(sessionCommand('long'), { columns: 40 }).text).toMatch(/^picture {3}\[\| {6,8}· {6,8}✗ {6,8}·\]$/m);
    });
  });

  it('prints what happened in order: when, what, how long, how it went', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      const { answer, text } = ask(sessionCommand('a-sess'));
      expect(answer).toBe(0);
      expect(text).toContain(
        [
          'session a-session',
          'client    claude.ai (Anthropic/ClaudeAI 1.0.0)',
          'server    quiz:3000 (quiz-server 2.0.0), protocol 2025-11-25',
        ].join('\n'),
      );
      expect(text).toContain(
        ['total     10 operations, 8 tool calls, 1 handshake', 'faults    2 failed, 0 rejected'].join('\n'),
      );
      expect(text).toContain(
        [
          '├─ initialize        +0.0 s  3.0 ms',
          '├─ tools/list        +0.0 s    0 ms',
          '├─ tools/call quiz   +0.0 s   12 ms',
        ].join('\n'),
      );
      expect(text).toMatch(
        /├─ tools\/call quiz {3}\+0\.1 s {4}0 ms {2}error, repeated: 7 in a row\n└─ tools\/call grade {2}\+0\.1 s {4}0 ms {2}error -32603, "no"\n$/,
      );
    });
  });

  it('puts requests and progress of the server under the call they came with', () => {
    withStore(({ talk, ask }) => {
      talk.initialize('a-session');
      const call = talk.post(toolCall(1, 'ask', { _meta: { progressToken: 'p' } }), inSession('a-session'));
      call.stream();
      call.event(notification('notifications/progress', { progressToken: 'p', progress: 1 }));
      call.event(request('s1', 'elicitation/create', { message: 'who?' }));
      talk.clock.advance(20);
      talk.post(result('s1', {}), inSession('a-session')).answer(202);
      call.event(result(1));
      call.close();
      talk.call('a-session', 'after');
      expect(ask(sessionCommand('a-session')).lines.slice(-4)).toEqual([
        expect.stringMatching(/^├─ initialize /),
        expect.stringMatching(/^├─ tools\/call ask +\+0\.0 s +20 ms +1 progress message$/),
        expect.stringMatching(/^│ {2}└─ elicitation\/create +\+0\.0 s +20 ms$/),
        expect.stringMatching(/^└─ tools\/call after /),
      ]);
    });
  });

  it('is found by its original id where ids are hashed', () => {
    withStore(
      ({ talk, ask }) => {
        speak(talk);
        const { answer, text } = ask(sessionCommand('a-session'));
        expect(answer).toBe(0);
        expect(text).toContain(`session ${hashId('a-session')}\n`);
        expect(text).not.toContain('a-session');
      },
      { privacy: { hashIds: true } },
    );
  });

  it.each([
    ['a long id', 'x'.repeat(700)],
    ['a JWT', `eyJhbGciOiJIUzI1NiJ9.${'eyJzdWIiOiJzb21lYm9keSJ9'.repeat(28)}.`],
  ])('is found by the whole of %s, and no other that begins alike', (_what, beginning) => {
    withStore(({ talk, ask }) => {
      for (const end of ['first', 'second']) {
        talk.initialize(beginning + end);
        talk.call(beginning + end, end);
      }
      for (const end of ['first', 'second']) {
        const { answer, text } = ask(sessionCommand(beginning + end));
        expect(answer).toBe(0);
        expect(text).toContain(`tools/call ${end}`);
        expect(text).not.toContain('eyJ');
      }
      expect(ask(sessionCommand(`${beginning}third`)).answer).toBe(2);
    });
  });

  it('calls activity by its name', () => {
    withStore(({ talk, ask }) => {
      talk.call(undefined, 'quiz', { 'User-Agent': 'agent/1.0' });
      const trace = talk.of('session-opened')[0]?.session.root.traceId ?? '';
      const { text } = ask(sessionCommand(trace.slice(0, 6)));
      expect(text).toMatch(/^activity by peer [0-9a-f]{32}\n/);
      expect(text).not.toMatch(/\bsession\b/);
    });
  });

  it('asks for more of an ambiguous id, and says how to list the ids where none matches', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      const several = ask(sessionCommand('call-'));
      expect([several.answer, several.lines[0]]).toEqual([2, '8 ids begin with call-: give more of the id.']);
      const none = ask(sessionCommand('nope'));
      expect([none.answer, none.text]).toEqual([
        2,
        expect.stringMatching(/^No session whose id begins with nope\.\n[^]*mcpspan sessions\./),
      ]);
    });
  });

  it('says how much it leaves out', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      expect(ask(sessionCommand('a-session'), { filter: { limit: 4 } }).lines.at(-1)).toMatch(/^6 more: --limit N/);
    });
  });
});
