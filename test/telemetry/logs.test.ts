import { describe, expect, it } from 'vitest';
import { request, result, SERVER, type Conversation } from '../support/conversation.ts';
import { startRecorder } from './recorder.ts';

describe('log events', () => {
  it('tell of clients: first seen, and changed', () => {
    const { talk, logs } = startRecorder();
    for (let index = 0; index < 5; index++) talk.call(undefined, 'quiz', { 'User-Agent': 'zed/1' });
    for (let index = 0; index < 24; index++) {
      talk.call(undefined, 'quiz', { 'User-Agent': 'zed/1', 'MCP-Protocol-Version': '2026-07-28' });
    }
    const told = logs
      .getFinishedLogRecords()
      .map(({ eventName, severityText, attributes, body }) => [eventName, severityText, attributes, body]);
    const who = { 'mcpspan.server': SERVER, 'mcpspan.client': 'zed' };
    expect(told).toEqual([
      ['mcpspan.client.first_seen', 'INFO', who, `zed came to ${SERVER} for the first time.`],
      [
        'mcpspan.client.changed',
        'WARN',
        { ...who, 'mcpspan.trait': 'verdict', 'mcpspan.before': 'sessionless', 'mcpspan.after': 'modern' },
        `zed changed how it uses ${SERVER}: it was sessionless, and is modern now.`,
      ],
    ]);
  });
});

describe('changes of tools', () => {
  const list = (talk: Conversation, tools: readonly object[]) =>
    talk.ask(request(1, 'tools/list'), result(1, { tools }));
  const BEFORE = { name: 'search', description: 'mk-before', annotations: { readOnlyHint: true } };
  const AFTER = { name: 'search', description: 'mk-after' };

  it('are log events and a metric: the tool and what changed, and no texts', async () => {
    const { talk, logs, points } = startRecorder({ surface: true });
    list(talk, [BEFORE]);
    list(talk, [AFTER]);
    list(talk, [AFTER, { name: 'grade' }]);
    const told = logs.getFinishedLogRecords().filter(({ eventName }) => eventName === 'mcpspan.tools.changed');
    const of = (tool: string, ...kinds: string[]) => ({
      'mcpspan.server': SERVER,
      'gen_ai.tool.name': tool,
      'mcpspan.changes': kinds,
    });
    expect(told.map(({ severityText, attributes, body }) => [severityText, attributes, body])).toEqual([
      [
        'WARN',
        of('search', 'description', 'readOnlyHint-less-safe'),
        `The tool search of ${SERVER} changed: description, no longer read-only.`,
      ],
      ['INFO', of('grade', 'added'), `${SERVER} has a new tool, grade.`],
    ]);
    const counted = await points('mcpspan.tools.changes');
    expect(counted.map(({ labels, value }) => [labels['gen_ai.tool.name'], labels['mcpspan.change'], value])).toEqual([
      ['search', 'description', 1],
      ['search', 'readOnlyHint-less-safe', 1],
      ['grade', 'added', 1],
    ]);
    expect(JSON.stringify([told.map(({ attributes, body }) => [attributes, body]), counted])).not.toContain('mk-');
  });

  it('are a hundred log events of one list at most; the metric has all', async () => {
    const { talk, logs, points } = startRecorder({ surface: true });
    const many = (description: string) =>
      Array.from({ length: 300 }, (_, index) => ({ name: `t${index}`, description }));
    list(talk, many('a'));
    list(talk, many('b'));
    const told = logs.getFinishedLogRecords().filter(({ eventName }) => eventName === 'mcpspan.tools.changed');
    expect([told.length, (await points('mcpspan.tools.changes')).length]).toEqual([100, 300]);
  });
});
