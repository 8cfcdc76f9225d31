import { describe, expect, it } from 'vitest';
import type { StoreReader } from '../../src/store/reader.ts';
import type { StoredMark } from '../../src/store/lanes.ts';
import { hashId } from '../../src/session/privacy.ts';
import { failure, result, toolCall, type Conversation } from '../support/conversation.ts';
import { withRig } from './store-rig.ts';

const CHATGPT = { name: 'openai-mcp', version: '1' };
const inSession = (id: string) => ({ 'Mcp-Session-Id': id });
const ofTalk = (conversation: string) => ({ 'X-OpenAI-Session': conversation });

/** A session for each of so many calls, all of one conversation. */
function perCall(talk: Conversation, conversation: string, calls: number, from = 0): void {
  for (let call = from; call < from + calls; call++) {
    talk.initialize(`${conversation}-${call}`, CHATGPT, ofTalk(conversation));
    talk.call(`${conversation}-${call}`, 'quiz', ofTalk(conversation));
    talk.clock.advance(1_000);
  }
}

const marksOf = (reader: StoreReader, apartMs = 1): StoredMark[] =>
  reader.marks({
    sessions: reader.sessions({}).map(({ row }) => row),
    from: 0,
    to: Number.MAX_SAFE_INTEGER / 1_000,
    apartMs,
  });

describe('the clients of a period', () => {
  it('come with their sessions and conversations counted, and their latest sessions first', () => {
    withRig(({ talk, read }) => {
      perCall(talk, 'one', 2);
      perCall(talk, 'two', 3);
      talk.initialize('kept');
      talk.call('kept');
      const [first, second] = read((reader) => reader.lanes({}));
      expect(first).toMatchObject({ client: 'cursor', sessions: 1, conversations: 0 });
      expect(second).toMatchObject({ client: 'chatgpt', verdict: 'per-call', sessions: 5, conversations: 2 });
      expect(second?.latest.map(({ id }) => id)).toEqual(['two-2', 'two-1', 'two-0', 'one-1', 'one-0']);
    });
  });

  it('come with few sessions of each, however many there are; all are counted', () => {
    withRig(({ talk, read }) => {
      perCall(talk, 'busy', 200);
      talk.initialize('kept');
      const stored = read((reader) => reader.lanes({}));
      expect(stored.map(({ client, sessions, latest }) => [client, sessions, latest.length])).toEqual([
        ['cursor', 1, 1],
        ['chatgpt', 200, 60],
      ]);
    });
  });

  it('are those of the period, the server and the client that are asked for', () => {
    withRig(({ talk, read }) => {
      perCall(talk, 'old', 2);
      talk.clock.advance(600_000);
      perCall(talk, 'new', 1);
      talk.initialize('kept');
      const sessions = (filter: Parameters<StoreReader['lanes']>[0]): number[] =>
        read((reader) => reader.lanes(filter).map((each) => each.sessions));
      expect(sessions({ client: 'chatgpt' })).toEqual([3]);
      expect(sessions({ client: 'chatgpt', since: talk.clock.now() - 60_000 })).toEqual([1]);
      expect(sessions({ server: 'another' })).toEqual([]);
    });
  });
});

describe('the marks of sessions', () => {
  it('tell handshakes, calls, failed calls and rejected calls apart, in order; nothing else is one', () => {
    withRig(({ talk, read }) => {
      talk.initialize('s');
      talk.ask({ jsonrpc: '2.0', id: 9, method: 'tools/list' }, result(9, { tools: [] }), inSession('s'));
      for (const answer of [result(1), failure(1, -32_603), failure(1, -32_602)]) {
        talk.clock.advance(1_000);
        talk.ask(toolCall(1), answer, inSession('s'));
      }
      const marks = read(marksOf);
      expect(marks.map(({ kind, number }) => [kind, number])).toEqual([
        ['handshake', 1],
        ['call', 1],
        ['failed', 1],
        ['rejected', 1],
      ]);
      expect(marks.map(({ at }) => at)).toEqual(marks.map(({ at }) => at).toSorted((a, b) => a - b));
    });
  });

  it('of one kind that are close to each other are one, with their number', () => {
    withRig(({ talk, read }) => {
      talk.initialize('s');
      talk.clock.advance(60_000 - (talk.clock.now() % 60_000));
      for (let call = 0; call < 50; call++) talk.call('s');
      talk.clock.advance(60_000);
      talk.call('s');
      const calls = read((reader) => marksOf(reader, 60_000)).filter(({ kind }) => kind === 'call');
      expect(calls.map(({ number }) => number)).toEqual([50, 1]);
    });
  });

  it('are those of the sessions and of the time that are asked for', () => {
    withRig(({ talk, read }) => {
      perCall(talk, 'one', 3);
      const asked = (reader: StoreReader): StoredMark[] => {
        const [last, middle] = reader.sessions({});
        const [from = 0, to = 0] = [middle?.openedAt, last?.openedAt];
        return reader.marks({ sessions: reader.sessions({}).map(({ row }) => row), from, to: to - 1, apartMs: 1 });
      };
      expect(read(asked).map(({ kind }) => kind)).toEqual(['handshake', 'call']);
      expect(read((reader) => reader.marks({ sessions: [], from: 0, to: 1e12, apartMs: 1 }))).toEqual([]);
    });
  });
});

describe('a conversation', () => {
  it('finds its sessions', () => {
    withRig(({ talk, read }) => {
      perCall(talk, 'one', 2);
      perCall(talk, 'two', 3);
      expect(read((reader) => reader.sessions({ conversation: 'two' })).map(({ id }) => id)).toEqual([
        'two-2',
        'two-1',
        'two-0',
      ]);
      expect(read((reader) => reader.countSessions({ conversation: 'two' }))).toBe(3);
      expect(read((reader) => reader.countSessions({ conversation: 't' }))).toBe(0);
    });
  });

  it('finds them by its whole key where keys are hashed or cut, and by what is stored', () => {
    const long = 'k'.repeat(500);
    for (const [key, hashIds] of [
      ['secret', true],
      [long, false],
    ] as const) {
      withRig(
        ({ talk, read }) => {
          perCall(talk, key, 2);
          const [session] = read((reader) => reader.sessions({}));
          expect(session?.conversation).not.toBe(key);
          if (hashIds) expect(session?.conversation).toBe(hashId(key));
          for (const asked of [key, session?.conversation])
            expect(read((reader) => reader.countSessions({ conversation: asked }))).toBe(2);
        },
        { privacy: { hashIds } },
      );
    }
  });
});
