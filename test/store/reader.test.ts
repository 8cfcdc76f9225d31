import { describe, expect, it } from 'vitest';
import type { Filter } from '../../src/store/filter.ts';
import { failure, result, SERVER, toolCall } from '../support/conversation.ts';
import { readerOf, withRig } from './store-rig.ts';

const MINUTE = 60_000;
const inSession = (id: string) => ({ 'Mcp-Session-Id': id });

describe('sessions', () => {
  it('come with the one heard of last first, as many as are asked for', () => {
    withRig(({ talk, read }) => {
      for (const id of ['a', 'b', 'c', 'd']) talk.initialize(id);
      talk.call('b');
      expect(read((reader) => reader.sessions({ limit: 2 }).map(({ id }) => id))).toEqual(['b', 'd']);
      expect(read((reader) => reader.countSessions({ limit: 2 }))).toBe(4);
    });
  });

  it.each<[string, Filter, string[]]>([
    ['of a client', { client: 'chatgpt' }, ['bad']],
    ['by the name it gives itself', { client: 'openai-mcp' }, ['bad']],
    ['that used a tool', { tool: 'grade' }, ['ended']],
    ['that are open', { status: 'open' }, ['bad', 'late', 'worse']],
    ['that ended', { status: 'ended' }, ['ended']],
    ['that ended in some way', { status: 'deleted' }, ['ended']],
    ['in which something failed', { status: 'failed' }, ['worse']],
    ['in which something failed, in another word', { status: 'error' }, ['worse']],
    ['in which something was rejected', { status: 'rejected' }, ['bad']],
    ['in which nothing did', { status: 'ok' }, ['ended', 'late']],
    ['of a server', { server: SERVER }, ['bad', 'ended', 'late', 'worse']],
    ['of another', { server: 'another' }, []],
    ['heard of since then', { since: Date.UTC(2026, 0, 1) + 5 * MINUTE }, ['late']],
    ['opened until then', { until: Date.UTC(2026, 0, 1) + 5 * MINUTE }, ['bad', 'ended', 'worse']],
  ])('are found %s', (_, filter, ids) => {
    withRig(({ talk, read }) => {
      talk.initialize('ended');
      talk.call('ended', 'grade');
      talk.send({ method: 'DELETE', headers: inSession('ended') }).answer(200);
      talk.initialize('bad', { name: 'openai-mcp', version: '1' });
      talk.ask(toolCall(1), failure(1, -32_602), inSession('bad'));
      talk.initialize('worse');
      talk.ask(toolCall(1), failure(1, -32_603), inSession('worse'));
      talk.clock.advance(10 * MINUTE);
      talk.initialize('late');
      expect(read((reader) => reader.sessions(filter).map(({ id }) => id)).toSorted()).toEqual(ids);
      expect(read((reader) => reader.countSessions(filter))).toBe(ids.length);
    });
  });

  it('are found by the beginning of their id, or of their trace', () => {
    withRig(({ talk, read }) => {
      for (const id of ['abc-1', 'abc-2', 'abc']) talk.initialize(id);
      const find = (text: string) => read((reader) => reader.findSessions(text).map(({ id }) => id)).toSorted();
      expect(find('abc-')).toEqual(['abc-1', 'abc-2']);
      expect(find('abc')).toEqual(['abc']);
      expect(find('nope')).toEqual([]);
      expect(find('%')).toEqual([]);
      const [first] = read((reader) => reader.findSessions('abc-1'));
      expect(find(first?.traceId.slice(0, 8) ?? '')).toEqual(['abc-1']);
    });
  });
});

describe('the latest operations', () => {
  it('can be followed: each is told once, in order', () => {
    withRig((rig) => {
      const { talk } = rig;
      talk.initialize('s');
      rig.store.flush();
      using reader = readerOf(rig.path);
      let cursor = reader.cursor();
      const more = (filter: Filter = {}) => {
        rig.store.flush();
        const next = reader.after(cursor, filter);
        ({ cursor } = next);
        return next.operations.map(({ target }) => target);
      };
      expect(more()).toEqual([]);
      talk.call('s', 'one');
      talk.call('s', 'two');
      expect(more({ limit: 1 })).toEqual(['one']);
      expect(more({ limit: 1 })).toEqual(['two']);
      expect(more({ limit: 1 })).toEqual([]);
      talk.call('s', 'three');
      talk.call('s', 'four');
      expect(more({ tool: 'four' })).toEqual(['four']);
      expect(more({})).toEqual([]);
    });
  });

  it.each<[string, Filter, string[]]>([
    ['that went well', { status: 'ok' }, ['fine']],
    ['that failed', { status: 'failed' }, ['broken']],
    ['that failed, in another word', { status: 'error' }, ['broken']],
    ['that were rejected', { status: 'rejected' }, ['wrong']],
    ['of an outcome', { status: 'tool-error' }, ['broken']],
    ['of a code', { status: '-32602' }, ['wrong']],
    ['of a tool', { tool: 'fine' }, ['fine']],
    ['of a client', { client: 'cursor' }, ['broken', 'fine', 'left', 'wrong']],
  ])('are found %s', (_, filter, targets) => {
    withRig(({ talk, read }) => {
      talk.initialize('s');
      talk.call('s', 'fine');
      talk.ask(toolCall(1, 'broken'), result(1, { isError: true }), inSession('s'));
      talk.ask(toolCall(2, 'wrong'), failure(2, -32_602), inSession('s'));
      talk.post(toolCall(3, 'left'), inSession('s')).close('client-left');
      const found = read((reader) => reader.latest(filter)).flatMap(({ target }) => target ?? []);
      expect(found.toSorted()).toEqual(targets);
    });
  });
});

describe('what there is', () => {
  it('is told with its extent and its names', () => {
    withRig(({ talk, read }) => {
      const from = talk.clock.now() + 3;
      talk.initialize('s');
      talk.call('s');
      expect(read((reader) => reader.contents())).toMatchObject({
        sessions: 1,
        operations: 2,
        firstAt: from,
        lastAt: talk.clock.now(),
        servers: [SERVER],
        clients: ['cursor'],
        tools: ['quiz'],
        pruned: 0,
        notStored: 0,
      });
    });
  });

  it('is nothing in a store that was just made', () => {
    withRig(({ read }) => {
      expect(read((reader) => reader.contents())).toMatchObject({ sessions: 0, operations: 0, firstAt: undefined });
      expect(
        read((reader) => [
          reader.sessions({}),
          reader.clients({}),
          reader.tools({}),
          reader.slow({}),
          reader.latest({}),
        ]),
      ).toEqual([[], [], [], [], []]);
    });
  });

  it('counts what was odd', () => {
    withRig(({ talk, read }) => {
      talk.post('this is not JSON').answer(400);
      expect(read((reader) => reader.counts({}))).toEqual([
        { server: SERVER, client: undefined, what: 'anomaly-not-json', number: 1 },
      ]);
    });
  });
});
