import { describe, expect, it } from 'vitest';
import { operationsAfter } from '../../src/viewer/new-operations.ts';
import { withRig } from '../store/store-rig.ts';

describe('the operations that the page gets as they are written', () => {
  it('begin with the next one, for a page that has none yet', () => {
    withRig(({ talk, read }) => {
      talk.initialize('a');
      const cursor = read((reader) => reader.cursor());
      expect(read((reader) => operationsAfter(reader, undefined))).toEqual({
        from: cursor,
        cursor,
        operations: [],
        missed: 0,
      });
    });
  });

  it('go on after the cursor of the page', () => {
    withRig(({ talk, read }) => {
      talk.initialize('a');
      const { cursor } = read((reader) => operationsAfter(reader, undefined));
      talk.call('a', 'first');
      talk.call('a', 'second');
      const told = read((reader) => operationsAfter(reader, cursor));
      expect(told).toMatchObject({ from: cursor, cursor: cursor + 2, missed: 0 });
      expect(told.operations.map(({ target }) => target)).toEqual(['first', 'second']);
      expect(read((reader) => operationsAfter(reader, told.cursor)).operations).toEqual([]);
    });
  });

  it('are the latest 200, and a count of the others', () => {
    withRig(({ talk, read }) => {
      talk.initialize('a');
      const { cursor } = read((reader) => operationsAfter(reader, undefined));
      for (let call = 0; call < 250; call++) talk.call('a', `tool-${call}`);
      const told = read((reader) => operationsAfter(reader, cursor));
      expect(told).toMatchObject({ from: cursor, cursor: cursor + 250, missed: 50 });
      expect(told.operations).toHaveLength(200);
      expect(told.operations.at(-1)?.target).toBe('tool-249');
    });
  });

  it('begin anew where the store was emptied', () => {
    withRig(({ talk, read }) => {
      talk.initialize('a');
      const cursor = read((reader) => reader.cursor());
      expect(read((reader) => operationsAfter(reader, cursor + 1_000))).toMatchObject({ cursor, missed: 0 });
      expect(read((reader) => operationsAfter(reader, cursor + 1_000)).operations).toHaveLength(cursor);
    });
  });

  it('carry names and figures, but no captured payload', () => {
    const capture = {
      capture: ['arguments', 'results'] as const,
      privacy: { capture: ['arguments', 'results'] as const },
    };
    withRig(({ talk, read }) => {
      talk.initialize('a');
      const cursor = read((reader) => reader.cursor());
      talk.call('a');
      expect(read((reader) => reader.latest({})).at(-1)?.arguments).toBeDefined();
      const [told] = read((reader) => operationsAfter(reader, cursor)).operations;
      expect(told).toMatchObject({ method: 'tools/call', arguments: undefined, result: undefined });
    }, capture);
  });
});
