import { describe, expect, it } from 'vitest';
import { STAGES } from '../../src/session/journey.ts';
import { logSentence } from '../../src/telemetry/log-words.ts';
import { EVENT } from '../../src/telemetry/semconv.ts';
import { LOG_EVENTS } from '../../telemetry/signals.ts';

const who = { 'mcpspan.server': 'quiz', 'mcpspan.client': 'claude-ai' };
const signal = { 'mcpspan.server': 'quiz', 'mcpspan.signal': 'spans' };
const stopped = (end: string, more = {}): string =>
  logSentence(EVENT.connectStopped, { ...who, 'mcpspan.connect.end': end, ...more });

describe('the body of a log event', () => {
  it.each([
    ['clientSeen', { ...who, 'mcpspan.client': 'chatgpt' }],
    [
      'clientChanged',
      {
        ...who,
        'mcpspan.client': 'chatgpt',
        'mcpspan.trait': 'verdict',
        'mcpspan.before': 'reusing',
        'mcpspan.after': 'per-call',
      },
    ],
    [
      'connectStopped',
      {
        ...who,
        'mcpspan.connect.end': 'token',
        'http.response.status_code': 401,
        'mcpspan.connect.error': 'invalid_token',
      },
    ],
    [
      'toolsChanged',
      { ...who, 'gen_ai.tool.name': 'search', 'mcpspan.changes': ['description', 'readOnlyHint-less-safe'] },
    ],
    ['observerRestarted', who],
    ['exportFailing', signal],
    ['exportRestored', signal],
  ] as const)('%s is the one that the registry shows', (key, attributes) => {
    const { [key]: event } = LOG_EVENTS;
    expect(logSentence(EVENT[key], { ...attributes })).toBe(event.body);
  });

  it('names no client whose name is not verified', () => {
    expect(logSentence(EVENT.clientSeen, { ...who, 'mcpspan.client': '_OTHER' })).toBe(
      'A client with an unverified name came to quiz for the first time.',
    );
  });

  it('says of a client what changed, in words', () => {
    const changed = (trait: string): string =>
      logSentence(EVENT.clientChanged, { ...who, 'mcpspan.trait': trait, 'mcpspan.before': '1', 'mcpspan.after': '2' });
    expect(changed('version')).toBe('claude-ai changed its version: it was 1, and is 2 now.');
    expect(changed('protocol')).toBe(
      'claude-ai changed the revision of MCP that it speaks with quiz: it was 1, and is 2 now.',
    );
    const habit = (trait: string, after: string): string =>
      logSentence(EVENT.clientChanged, {
        ...who,
        'mcpspan.trait': trait,
        'mcpspan.before': 'x',
        'mcpspan.after': after,
      });
    expect(habit('discovery', 'none')).toBe('claude-ai no longer asks what is offered by quiz.');
    expect(habit('discovery', 'lists')).toBe('claude-ai asks now what is offered by quiz.');
    expect(habit('delete', 'sends')).toBe('claude-ai ends its sessions now with quiz.');
    // What a later version may send.
    expect(changed('constructor')).toBe('claude-ai changed constructor: it was 1, and is 2 now.');
  });

  it('has words for each stage at which an attempt to connect stops', () => {
    for (const stage of STAGES)
      expect(stopped(stage)).toMatch(/^claude-ai stopped connecting to quiz after (it|its|the) [a-z ]+\.$/);
    expect(stopped('handshake', { 'mcpspan.connect.again': true, 'mcpspan.connect.ambiguous': true })).toBe(
      'claude-ai stopped connecting to quiz after the handshake; it had connected before; other attempts at the same time cannot be told apart from it.',
    );
    expect(stopped('token', { 'http.response.status_code': 500 })).toContain(' token (HTTP 500).');
  });

  it('says plainly that a tool is new, or gone', () => {
    const tool = (...kinds: string[]): string =>
      logSentence(EVENT.toolsChanged, { ...who, 'gen_ai.tool.name': 'grade', 'mcpspan.changes': kinds });
    expect(tool('added')).toBe('quiz has a new tool, grade.');
    expect(tool('removed')).toBe('quiz no longer offers the tool grade.');
    expect(tool('input-narrowed', 'two-versions')).toBe(
      'The tool grade of quiz changed: input narrowed, two versions are served.',
    );
  });
});
