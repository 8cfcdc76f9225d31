import { describe, expect, it } from 'vitest';
import { SERVER } from '../support/conversation.ts';
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
      .map(({ eventName, severityText, attributes }) => [eventName, severityText, attributes]);
    const who = { 'mcpspan.server': SERVER, 'mcpspan.client': 'zed' };
    expect(told).toEqual([
      ['mcpspan.client.first_seen', 'INFO', who],
      [
        'mcpspan.client.changed',
        'WARN',
        { ...who, 'mcpspan.trait': 'verdict', 'mcpspan.before': 'sessionless', 'mcpspan.after': 'modern' },
      ],
    ]);
  });
});
