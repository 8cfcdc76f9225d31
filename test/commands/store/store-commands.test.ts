import { describe, expect, it } from 'vitest';
import { parseSince } from '../../../src/commands/store/filters.ts';
import { errors } from '../../../src/commands/store/errors.ts';
import { sessions } from '../../../src/commands/store/sessions.ts';
import { slow } from '../../../src/commands/store/slow.ts';
import { tail } from '../../../src/commands/store/tail.ts';
import { tools } from '../../../src/commands/store/tools.ts';
import { failure, request, result, toolCall } from '../../support/conversation.ts';
import {
  ACTING,
  clientsCommand,
  historyCommand,
  HOSTILE,
  inSession,
  sessionCommand,
  speak,
  widest,
  withStore,
  type Command,
} from './command-rig.ts';

const COMMANDS: [string, Command][] = [
  ['sessions', sessions],
  ['session', sessionCommand('a-session')],
  ['clients', clientsCommand],
  ['clients --history', historyCommand],
  ['tools', tools],
  ['slow', slow],
  ['errors', errors],
  ['tail', (reader, question, out) => void tail(reader, question, out)],
];

describe.each(COMMANDS)('%s', (name, command) => {
  it('says what to do where nothing has been recorded', () => {
    withStore(({ ask }) => {
      const { text } = ask(command);
      expect(text).toMatch(/^Nothing has been recorded yet in .*store\.db\.\n.*mcpspan --upstream .*mcpspan demo/);
    });
  });

  it.each([60, 80, 100, 160])('fits a terminal of %s columns', (columns) => {
    withStore(({ talk, ask }) => {
      speak(talk);
      expect(widest(ask(command, { columns }))).toBeLessThanOrEqual(columns);
    });
  });

  it('is coloured on a terminal only', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      for (let time = 0; time < 7; time++) talk.initialize(`v-${time}`, { name: 'openai-mcp', version: '2.0.0' });
      expect(ask(command, { colours: true }).text).toContain('\u001B[');
      expect(ask(command).text).not.toContain('\u001B');
    });
  });

  it('shows names from elsewhere as text', () => {
    withStore(({ talk, ask }) => {
      talk.initialize('a-session', { name: HOSTILE, version: HOSTILE });
      talk.call('a-session', HOSTILE);
      talk.ask(request(HOSTILE, HOSTILE), failure(HOSTILE, -32_601, HOSTILE), inSession('a-session'));
      for (let time = 0; time < 7; time++) talk.initialize(`v-${time}`, { name: HOSTILE, version: '2.0.0' });
      const { text } = ask(command);
      expect(text).not.toMatch(ACTING);
      expect(text).toContain('gnp');
    });
  });

  it('says how many rows there are where it leaves some out', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      for (const version of ['2.0.0', '3.0.0'])
        for (let time = 0; time < 7; time++) talk.initialize(`${version}-${time}`, { name: 'openai-mcp', version });
      const left = name === 'session' ? /^\d+ more: --limit N/m : /^1 of (\d+) [a-z ,]+: --limit N\.$/m;
      const { text } = ask(command, { filter: { limit: 1 } });
      expect(text).toMatch(left);
      expect(ask(command, { filter: { limit: Number(left.exec(text)?.[1] ?? 500) } }).text).not.toMatch(/--limit N/);
    });
  });

  it('prints the same as JSON, with nothing cut', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      for (let time = 0; time < 7; time++) talk.initialize(`v-${time}`, { name: 'openai-mcp', version: '2.0.0' });
      const { text } = ask(command, { json: true, columns: 40, colours: true });
      const parsed = (name === 'tail' ? text.trim().split('\n') : [text]).map((part): unknown => JSON.parse(part));
      expect(parsed.length).toBeGreaterThan(0);
      for (const trace of ['…', '\u001B']) expect(text).not.toContain(trace);
      expect(text).toContain('2026-01-01T00:00:');
    });
  });
});

describe('errors', () => {
  it('groups what failed and what was rejected, with what the latest said', () => {
    withStore(({ talk, ask }) => {
      talk.initialize('s', { name: 'cursor-vscode', version: '1.0.0' });
      const fails = (code: number, message: string, tool = 'grade') =>
        talk.ask(toolCall(1, tool), failure(1, code, message), inSession('s'));
      fails(-32_602, 'a title is missing');
      fails(-32_123, 'the first');
      fails(-32_123, 'the disk is full');
      talk.call('s', 'quiz');
      const { lines, text } = ask(errors);
      expect(lines.slice(0, 5).map((line) => line.trim().split(/ {2,}/))).toEqual([
        ['times', 'error', 'what', 'client', 'first', 'last'],
        ['2', 'error -32123', 'tools/call grade', 'cursor', expect.anything(), expect.anything()],
        ['"the disk is full"'],
        ['1', 'rejected -32602', 'tools/call grade', 'cursor', expect.anything(), expect.anything()],
        ['"a title is missing"'],
      ]);
      expect(text).toContain('\nThe calls of the first: mcpspan tail --code -32123 --tool grade\n');
      expect(ask(errors, { filter: { code: '-32602' } }).text).not.toContain('disk');
      expect(ask(errors, { filter: { method: 'tools/list' } }).text).toMatch(/^No errors of method tools\/list\.\n/);
      expect(JSON.parse(ask(errors, { json: true }).text)).toMatchObject([
        { code: '-32123', number: 2, failed: true, rejected: false, message: 'the disk is full' },
        { code: '-32602', number: 1, failed: false, rejected: true },
      ]);
    });
  });

  it('give no command that a name from elsewhere has a part in', () => {
    withStore(({ talk, ask }) => {
      talk.initialize('s');
      talk.ask(request(1, 'tools/list'), result(1, { tools: [{ name: "a'; rm b" }] }), inSession('s'));
      talk.ask(toolCall(2, "a'; rm b"), failure(2, -32_603), inSession('s'));
      expect(ask(errors).text).toContain(String.raw`--tool 'a'\''; rm b'`);
    });
  });
});

describe('slow and tail', () => {
  it('are narrowed to a method, or to a code', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      for (const command of [slow, (...args: Parameters<typeof tail>) => void tail(...args)]) {
        expect(ask(command, { filter: { code: '-32603' } }).text).toMatch(/tools\/call grade +error -32603/);
        expect(ask(command, { filter: { code: '-32603' } }).text).not.toContain('quiz');
        expect(ask(command, { filter: { method: 'tools/list' } }).text).not.toContain('tools/call');
        expect(ask(command, { filter: { method: 'nonsense' } }).text).toContain('these methods: ');
      }
    });
  });
});

describe('--since', () => {
  const now = new Date(2026, 0, 31, 12).getTime();
  it.each([
    ['30s', now - 30_000],
    ['15m', now - 900_000],
    ['1.5h', now - 5_400_000],
    ['7d', now - 604_800_000],
    ['1w', now - 604_800_000],
    ['2026-01-30', new Date(2026, 0, 30).getTime()],
    ['2026-01-30T10:15', new Date(2026, 0, 30, 10, 15).getTime()],
    ['2026-01-30 10:15:20', new Date(2026, 0, 30, 10, 15, 20).getTime()],
    ['2026-01-30T10:15Z', Date.UTC(2026, 0, 30, 10, 15)],
    ['yesterday', undefined],
    ['7', undefined],
    ['', undefined],
    ['2026-13-45', undefined],
    ['-1h', undefined],
  ])('%s is read', (text, at) => {
    expect(parseSince(text, now)).toBe(at);
  });
});
