import { describe, expect, it } from 'vitest';
import type { CallFilter } from '../../src/store/call-queries.ts';
import type { StoredOperation } from '../../src/store/operation-queries.ts';
import type { StoreReader } from '../../src/store/reader.ts';
import { failure, request, result, SERVER, toolCall, type Conversation } from '../support/conversation.ts';
import { withRig } from './store-rig.ts';

const session = (id: string): Record<string, string> => ({ 'Mcp-Session-Id': id });

/** Two clients: the second one is slow, and fails in two ways. */
function speak(talk: Conversation): void {
  talk.initialize('a', { name: 'cursor-vscode' });
  talk.initialize('b', { name: 'claude-code' });
  talk.ask(request(2, 'tools/list'), result(2, { tools: [{ name: 'quiz' }, { name: 'grade' }] }), session('a'));
  for (let call = 3; call < 8; call++) talk.ask(toolCall(call, 'quiz'), result(call, { content: [] }), session('a'));
  const slow = talk.post(toolCall(8, 'grade'), session('b'));
  talk.clock.advance(900);
  slow.answer(200, failure(8, -32_603, 'the disk is full'));
  const said = { isError: true, content: [{ type: 'image' }, { type: 'text', text: 'no such essay' }] };
  talk.ask(toolCall(9, 'grade'), result(9, said), session('b'));
  talk.ask(toolCall(10, 'grade'), failure(10, -32_602, 'a title is missing'), session('b'));
}

function withCalls(look: (reader: StoreReader, talk: Conversation) => void): void {
  withRig((rig) => {
    speak(rig.talk);
    rig.store.flush();
    rig.read((reader) => look(reader, rig.talk));
  });
}

const names = (reader: StoreReader, filter: CallFilter): string[] =>
  reader.calls(filter, 'latest', undefined).operations.map(({ method, target }) => target ?? method);

describe('calls', () => {
  it('are listed from the latest on, and counted beyond the limit', () => {
    withCalls((reader) => {
      const { operations, total, newer } = reader.calls({ limit: 2 }, 'latest', undefined);
      expect(operations.map(({ outcome }) => outcome)).toEqual(['rpc-error', 'tool-error']);
      expect({ total, newer }).toEqual({ total: reader.contents().operations, newer: 0 });
      expect(total).toBeGreaterThan(10);
    });
  });

  it('are listed from the slowest on', () => {
    withCalls((reader) => {
      const { operations } = reader.calls({ limit: 3 }, 'slowest', undefined);
      expect(operations[0]).toMatchObject({ target: 'grade', code: '-32603', seconds: 0.9 });
      expect(operations.map(({ seconds }) => seconds)).toEqual(
        operations.map(({ seconds }) => seconds).toSorted((a, b) => b - a),
      );
    });
  });

  it('that were written later are counted apart, and are not listed', () => {
    withCalls((reader) => {
      const [latest] = reader.calls({ tool: 'quiz' }, 'latest', undefined).operations;
      const upTo = (latest?.id ?? 0) - 2;
      const held = reader.calls({ tool: 'quiz' }, 'latest', upTo);
      expect(held).toMatchObject({ total: 3, newer: 2 });
      expect(held.operations.every(({ id }) => id <= upTo)).toBe(true);
    });
  });

  it.each<[string, CallFilter, number]>([
    ['a tool', { tool: 'quiz' }, 5],
    ['a client', { client: 'claude-code', tool: 'grade' }, 3],
    ['a method', { method: 'tools/list' }, 1],
    ['a code', { code: '-32603' }, 1],
    ['what failed', { status: 'failed' }, 2],
    ['what was rejected', { status: 'rejected' }, 1],
    ['an outcome', { status: 'tool-error' }, 1],
    ['what ended well', { status: 'ok', tool: 'grade' }, 0],
    ['nobody', { client: 'nobody' }, 0],
    ['a word in a tool', { words: ['GRAD'] }, 3],
    ['a word in a method', { words: ['tools/l'] }, 1],
    ['a word in a client, and one in a tool', { words: ['claude', 'grade'] }, 3],
    ['words of which one fits nothing', { words: ['claude', 'quiz'] }, 0],
    ['another period', { since: 0, until: 1 }, 0],
  ])('of %s are found', (_, filter, number) => {
    withCalls((reader) => {
      const { total, operations } = reader.calls(filter, 'latest', undefined);
      expect(total).toBe(number);
      expect(operations).toHaveLength(number);
    });
  });

  it('of a session are found, by its row, and by the beginning of its id', () => {
    withCalls((reader) => {
      const found = reader.sessionOfId('b');
      expect(names(reader, { session: found?.row, tool: 'grade' })).toHaveLength(3);
      const begin = found?.traceId.slice(0, 9) ?? '';
      expect(names(reader, { words: [begin], tool: 'grade' })).toHaveLength(3);
      expect(names(reader, { words: [begin], tool: 'quiz' })).toEqual([]);
    });
  });

  it('are found by their ids, also after the store was opened again', () => {
    withRig((rig) => {
      speak(rig.talk);
      rig.store.flush();
      const [slowest] = rig.read((reader) => reader.calls({ limit: 1 }, 'slowest', undefined).operations);
      rig.store.close();
      rig.read((reader) => {
        expect(reader.operationAt(slowest?.id ?? 0)).toEqual(slowest);
        expect(reader.operationAt(4_711)).toBeUndefined();
        const { traceId = '' } = slowest?.session ?? {};
        expect(reader.sessionOfId(traceId)?.id).toBe('b');
        expect(reader.sessionOfId(traceId.slice(0, 8))?.id).toBe('b');
        expect(reader.sessionOfId('no-such-session')).toBeUndefined();
      });
    });
  });
});

describe('failures', () => {
  it('are grouped by error, tool and client, with what the latest of them said', () => {
    withCalls((reader) => {
      const groups = reader.failureGroups({}).map(({ firstAt, lastAt, operation, ...group }) => {
        expect(lastAt).toBeGreaterThanOrEqual(firstAt);
        expect(reader.operationAt(operation)?.message).toBe(group.message);
        return group;
      });
      const of = { server: SERVER, client: 'claude-code', method: 'tools/call', target: 'grade', number: 1 };
      expect(groups).toEqual([
        { ...of, outcome: 'tool-error', code: undefined, failed: true, message: 'no such essay' },
        { ...of, outcome: 'rpc-error', code: '-32603', failed: true, message: 'the disk is full' },
        { ...of, outcome: 'rpc-error', code: '-32602', failed: false, message: 'a title is missing' },
      ]);
    });
  });

  it('are narrowed like calls', () => {
    withCalls((reader) => {
      expect(reader.failureGroups({ client: 'cursor' })).toEqual([]);
      expect(reader.failureGroups({ status: 'rejected' })).toHaveLength(1);
      expect(reader.failureGroups({ limit: 2 })).toHaveLength(2);
    });
  });
});

describe('a code that a server made up', () => {
  const withOwnCodes = (act: (reader: StoreReader) => void): void =>
    withRig((rig) => {
      rig.talk.initialize('s', { name: 'cursor-vscode', version: '1.0.0' });
      for (const code of [-32_123, -32_123, 7, -32_603])
        rig.talk.ask(toolCall(code, 'grade'), failure(code, code, `code ${code}`), session('s'));
      rig.store.flush();
      rig.read(act);
    });
  const codes = (operations: readonly StoredOperation[]): (string | undefined)[] => operations.map(({ code }) => code);

  it.each([
    ['code', '-32123', 2],
    ['code', '7', 1],
    ['code', '_OTHER', 3],
    ['code', '-32603', 1],
    ['code', '404', 0],
    ['status', '-32123', 2],
  ])('is found by %s %s', (filter, value, number) => {
    withOwnCodes((reader) => {
      const asked = { [filter]: value };
      const listed = reader.calls(asked, 'latest', undefined);
      expect(listed.total).toBe(number);
      expect(codes(listed.operations)).toEqual(codes(reader.latest(asked)).toReversed());
      expect(reader.slow(asked)).toHaveLength(number);
      expect(reader.after(0, asked).operations).toHaveLength(number);
      expect(reader.countOperations(asked, 'operations')).toBe(number);
      expect(reader.faults(asked).reduce((total, fault) => total + fault.number, 0)).toBe(number);
      if (value !== '_OTHER') expect(new Set(codes(listed.operations)).size).toBe(number === 0 ? 0 : 1);
    });
  });

  it('makes a group of its own among failures', () => {
    withOwnCodes((reader) => {
      expect(reader.failureGroups({}).map(({ code, number, message }) => [code, number, message])).toEqual([
        ['-32123', 2, 'code -32123'],
        ['-32603', 1, 'code -32603'],
        ['7', 1, 'code 7'],
      ]);
      expect(reader.failureGroups({ code: '7' })).toHaveLength(1);
    });
  });
});
