import { describe, expect, it } from 'vitest';
import { tools } from '../../../src/commands/store/tools.ts';
import { toolChanges } from '../../../src/commands/store/tool-changes.ts';
import { request, result, type Conversation } from '../../support/conversation.ts';
import { HOSTILE, widest, withStore, type Command } from './command-rig.ts';

const changes =
  (tool = ''): Command =>
  (reader, question, out) =>
    toolChanges(reader, question, tool, out);

function list(talk: Conversation, tools: readonly object[]): void {
  talk.ask(request(7, 'tools/list'), result(7, { tools }));
}

const BEFORE = { name: 'search', description: 'Finds pages.', annotations: { readOnlyHint: true } };
const AFTER = { ...BEFORE, description: 'Finds pages. And\u202E files.', annotations: {} };

describe('mcpspan tools --changes', () => {
  it('lists what changed, the latest first', () => {
    withStore(({ ask, talk }) => {
      list(talk, [BEFORE]);
      list(talk, [AFTER]);
      const { lines } = ask(changes());
      expect(lines[0]).toMatch(/^when +tool +what changed$/);
      expect(lines[1]).toMatch(/search +no longer read-only, hides characters, description$/);
      expect(ask(changes(), { columns: 60 }).text).not.toBe('');
      expect(widest(ask(changes(), { columns: 60 }))).toBeLessThanOrEqual(60);
    });
  });

  it('with a tool prints both definitions as a diff, and what is hidden in them', () => {
    withStore(({ ask, talk }) => {
      list(talk, [BEFORE]);
      list(talk, [AFTER]);
      const { lines } = ask(changes('search'));
      expect(lines[0]).toMatch(/^--- quiz:3000 search \(until /);
      expect(lines).toContain(String.raw`+  And\u{202e} files.`);
      expect(lines).toContain('-  "readOnlyHint": true');
      expect(ask(changes('search')).text).not.toContain('\u001B');
      expect(ask(changes('search'), { colours: true }).text).toContain('\u001B[32m+  And');
    });
  });

  it('has all of it as JSON', () => {
    withStore(({ ask, talk }) => {
      list(talk, [BEFORE]);
      list(talk, [AFTER]);
      expect(JSON.parse(ask(changes(), { json: true }).text)).toMatchObject([
        {
          tool: 'search',
          dangerous: true,
          before: BEFORE,
          after: { description: AFTER.description },
          effect: { says: '' },
        },
      ]);
    });
  });

  it('says that nothing changed, or that there is no such tool', () => {
    withStore(({ ask, talk }) => {
      expect(ask(changes()).text).toContain('Nothing has been recorded yet');
      list(talk, [BEFORE]);
      talk.call(undefined, 'search');
      expect(ask(changes()).text).toContain('No change: each tool is as it was when first listed.');
      expect(ask(changes('serch')).text).toContain('The store has these tools: search.');
    });
  });

  it('leaves nothing that acts in a terminal', () => {
    withStore(({ ask, talk }) => {
      list(talk, [{ name: HOSTILE, description: HOSTILE, inputSchema: { properties: { [HOSTILE]: {} } } }]);
      list(talk, [{ name: HOSTILE, description: `${HOSTILE} more` }]);
      for (const told of [ask(changes()), ask(changes(HOSTILE.slice(0, 128)))]) {
        expect(told.text).toContain('description');
        for (const acts of ['\u001B', '\u0007', '\u202E']) expect(told.text).not.toContain(acts);
      }
    });
  });

  it('and a definition that is only written differently is no version of its own', () => {
    withStore(({ ask, talk }) => {
      list(talk, [{ name: 'search', description: 'x' }]);
      list(talk, [{ description: 'x', name: 'search' }]);
      expect(JSON.parse(ask(tools, { json: true }).text)).toMatchObject([
        { definition: { versions: 1, changedAt: null } },
      ]);
    });
  });
});
