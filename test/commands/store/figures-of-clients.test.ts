import { describe, expect, it } from 'vitest';
import { slow } from '../../../src/commands/store/slow.ts';
import { tools } from '../../../src/commands/store/tools.ts';
import { result, toolCall } from '../../support/conversation.ts';
import { clientsCommand, historyCommand, inSession, speak, withStore } from './command-rig.ts';

describe('clients', () => {
  it('lists the figures of each client, the most handshakes per call first, and explains them', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      const { text, lines } = ask(clientsCommand);
      expect(lines.slice(1, 4).map((line) => line.split(/ {2,}/))).toEqual([
        [
          'chatgpt',
          '1.0.0',
          '8',
          '8',
          '1.00',
          '1.00',
          '0.00',
          '0 %',
          '0',
          '0 %',
          '0 %',
          '12 ms',
          expect.stringMatching(/^\d+$/),
          expect.any(String),
          'per-call',
        ],
        [
          'claude.ai',
          '1.0.0',
          '1',
          '8',
          '8.00',
          '0.13',
          '0.13',
          '0 %',
          '0',
          '25 %',
          '0 %',
          '12 ms',
          expect.stringMatching(/^\d+$/),
          expect.any(String),
          'reusing',
        ],
        [
          'agent',
          '–',
          '0',
          '1',
          '–',
          '0.00',
          '0.00',
          '100 %',
          '0',
          '0 %',
          '0 %',
          '12 ms',
          '12',
          expect.any(String),
          '–',
        ],
      ]);
      expect(text).toContain(
        'chatgpt made 8 tool calls in 8 sessions (1.00 each), 1.00 handshakes per call. It opens a session and handshakes for every call',
      );
      expect(text).toContain('agent made 1 tool call outside sessions: too few to judge');
    });
  });

  it('tells when a client changed, and what it was before', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      for (let time = 0; time < 6; time++) talk.initialize(`v-${time}`, { name: 'openai-mcp', version: '2.0.0' });
      const { lines } = ask(historyCommand);
      expect(lines[0]).toMatch(/^when +client +what +before +after$/);
      expect(lines[1]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d +chatgpt +version +1\.0\.0 +2\.0\.0$/);
    });
  });

  it('says so when none has changed', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      expect(ask(historyCommand).text).toMatch(/^No change: each client is as it was/);
    });
  });
});

describe('tools', () => {
  it('lists the figures of each tool, unused ones too, and what each client gets', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      const { text } = ask(tools);
      expect(text).toMatch(/^quiz +16 +6\.3 % +0 % +12 ms +12 ms +12 ms +\d+ B +15 B +4 +200 +/m);
      expect(text).toMatch(/^_OTHER +1 +100 % +0 % +0 ms/m);
      expect(text).toMatch(/^never +0 +– +– +– +– +– +– +3\.0 kB +760 +– +– +unused$/m);
      expect(text).toContain('2 tools cost about 760 tokens in every conversation; 1 was not called.');
      const [quiz, , never] = JSON.parse(ask(tools, { json: true }).text) as Record<string, unknown>[];
      expect(quiz).toMatchObject({ answerTokens: 195, definition: { bytes: 15, tokens: 4 } });
      expect(never).toMatchObject({ answerTokens: 0, definition: { tokens: 758 } });
      // What is only offered is of no client.
      expect(ask(tools, { filter: { client: 'chatgpt' } }).text).not.toContain('in every conversation');
      expect(text).toMatch(/^failed, rejected, median answer +chatgpt +claude\.ai +agent$/m);
      expect(text).toMatch(/^quiz +0 %, 0 %, \d+ B +14 %, 0 %, \d+ B +0 %, 0 %, \d+ B$/m);
    });
  });

  it('marks a tool that answers one client with almost nothing, and says what to do', () => {
    withStore(({ talk, ask }) => {
      talk.initialize('lucky', { name: 'cursor', version: '1' });
      talk.initialize('unlucky', { name: 'openai-mcp', version: '1' });
      for (let id = 0; id < 4; id++) {
        talk.ask(toolCall(id, 'get'), result(id, { content: 'y'.repeat(2_000) }), inSession('lucky'));
        talk.ask(toolCall(id, 'get'), result(id, { content: [] }), inSession('unlucky'));
      }
      const { text } = ask(tools);
      expect(text).toMatch(/^get +0 %, 0 %, 2\.0 kB +! 0 %, 0 %, 48 B$|^get +! 0 %, 0 %, 48 B +0 %, 0 %, 2\.0 kB$/m);
      expect(text).toContain('get answers chatgpt with almost nothing (median 48 B, others up to 2.0 kB)');
      expect(text).toContain('mcpspan probe');
    });
  });
});

describe('slow', () => {
  it('lists the slowest, and names no session for activity', () => {
    withStore(({ talk, ask }) => {
      talk.initialize('a-session');
      for (const seconds of [1, 3, 2]) {
        const call = talk.post(toolCall(1, `t${seconds}`), inSession('a-session'));
        talk.clock.advance(seconds * 1_000);
        call.answer(200, result(1));
      }
      talk.call(undefined, 'quiz', { 'User-Agent': 'agent/1.0' });
      const lines = ask(slow, { filter: { limit: 4 } }).lines.slice(0, 5);
      expect(lines.slice(1).map((line) => line.trim().split(/ {2,}/).slice(0, 3))).toEqual([
        ['3.0 s', 'tools/call t3', 'ok'],
        ['2.0 s', 'tools/call t2', 'ok'],
        ['1.0 s', 'tools/call t1', 'ok'],
        ['12 ms', 'tools/call quiz', 'ok'],
      ]);
      expect(lines.map((line) => line.split(/ {2,}/).at(-1))).toEqual([
        'session',
        'a-session',
        'a-session',
        'a-session',
        '–',
      ]);
    });
  });
});
