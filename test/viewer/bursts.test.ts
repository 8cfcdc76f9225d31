import { describe, expect, it } from 'vitest';
import { burstsOf } from '../../src/viewer/page/bursts.ts';
import { withRig } from '../store/store-rig.ts';

describe('the timeline of a session', () => {
  it('gives minutes of silence no room', () => {
    withRig(({ talk, read }) => {
      talk.initialize('a');
      talk.clock.advance(1_000);
      talk.call('a', 'soon');
      talk.clock.advance(120_000);
      talk.call('a', 'late');
      const bursts = read((reader) => {
        const [session] = reader.sessions({});
        return burstsOf(session === undefined ? [] : reader.operationsOf(session));
      });
      expect(bursts.map(({ operations, silence }) => [silence, operations.map(({ target }) => target)])).toEqual([
        [undefined, [undefined, 'soon']],
        [120_000, ['late']],
      ]);
    });
  });

  it('draws a call until its end, though another began and ended within it', () => {
    const long = { startedAt: 0, seconds: 60, parentAt: undefined, direction: 'to-server' };
    const within = { startedAt: 10_000, seconds: 1, parentAt: undefined, direction: 'to-server' };
    const after = { startedAt: 61_000, seconds: 1, parentAt: undefined, direction: 'to-server' };
    // What is looked at is all there is.
    const bursts = burstsOf([long, within, after] as unknown as Parameters<typeof burstsOf>[0]);
    expect(bursts).toMatchObject([{ from: 0, until: 62_000, silence: undefined }]);
  });

  it('puts what the server asks below the call it asks in, and loses none whose call is not shown', () => {
    const call = { id: 1, startedAt: 0, seconds: 9, parentAt: undefined, direction: 'to-server' };
    const next = { id: 2, startedAt: 1_000, seconds: 1, parentAt: undefined, direction: 'to-server' };
    const asked = { id: 3, startedAt: 2_000, seconds: 1, parentAt: 0, direction: 'to-client' };
    const orphan = { id: 4, startedAt: 3_000, seconds: 1, parentAt: -5, direction: 'to-client' };
    const bursts = burstsOf([call, next, asked, orphan] as unknown as Parameters<typeof burstsOf>[0]);
    expect(bursts.flatMap(({ operations }) => operations.map(({ id }) => id))).toEqual([1, 3, 2, 4]);
  });
});
