import { describe, expect, it } from 'vitest';
import type { ProcessAbout } from '../../src/store/process-row.ts';
import { openMemoryStore, type Store } from '../../src/store/store.ts';
import { Privacy } from '../../src/session/privacy.ts';
import { result, startConversation, toolCall } from '../support/conversation.ts';
import { timersByHand, withRig } from './store-rig.ts';

const ABOUT: ProcessAbout = {
  instance: 'an-instance',
  pid: 42,
  server: 'a-server',
  transport: 'http',
  version: '1.2.3',
  address: 'http://127.0.0.1:4100/mcp',
  upstream: 'http://127.0.0.1:3000',
  exports: { traces: 'http://collector:4318' },
  startedAt: Date.UTC(2026, 0, 1),
};

describe('what a mcpspan says of itself', () => {
  it('is there from its start, and says that it runs', () => {
    withRig(
      ({ read }) => {
        const [told] = read((reader) => reader.processes());
        expect(told).toMatchObject({ ...ABOUT, running: true, endedAt: undefined, figures: { copiesDropped: 0 } });
      },
      { store: { process: { about: ABOUT, figures: () => ({ copiesDropped: 0 }) } } },
    );
  });

  it('follows its counters while nothing else happens', () => {
    let dropped = 0;
    withRig(
      ({ read, pass }) => {
        dropped = 7;
        pass(10_000);
        expect(read((reader) => reader.processes())[0]?.figures).toEqual({ copiesDropped: 7 });
      },
      { store: { process: { about: ABOUT, figures: () => ({ copiesDropped: dropped }) } } },
    );
  });

  it('is that it ended, once it was closed', () => {
    withRig(
      ({ read, store }) => {
        store.close();
        expect(read((reader) => reader.processes())[0]).toMatchObject({
          running: false,
          endedAt: Date.UTC(2026, 0, 1),
        });
      },
      { store: { process: { about: ABOUT, figures: () => ({}) } } },
    );
  });

  it('is that it no longer runs, when nothing was heard of it for half a minute', () => {
    withRig(
      ({ read, talk }) => {
        talk.clock.advance(31_000);
        expect(read((reader) => reader.processes())[0]).toMatchObject({ running: false, endedAt: undefined });
      },
      { store: { process: { about: ABOUT, figures: () => ({}) } } },
    );
  });
});

describe('a store in memory', () => {
  const MOST = 1_048_576;

  it('answers what one in a file would, and forgets the oldest beyond its bound', () => {
    const stores: Store[] = [];
    const talk = startConversation({ sinks: [(event) => stores[0]?.take(event)] });
    const timers = timersByHand(() => talk.clock.now());
    const { store, reader } = openMemoryStore({
      maxBytes: MOST,
      days: 7,
      server: 'a-server',
      privacy: new Privacy({ capture: [], hashIds: false, upstreamPath: '/mcp' }),
      timers,
      skew: () => 0,
      say: (line) => expect.fail(line),
      onLost: () => expect.fail('nothing is lost'),
    });
    stores.push(store);
    const pass = (milliseconds: number): void => {
      talk.clock.advance(milliseconds);
      timers.run();
    };
    talk.initialize('a');
    talk.call('a', 'first');
    pass(1_000);
    expect(reader.tools({}).map(({ tool, calls }) => [tool, calls])).toEqual([['first', 1]]);
    for (let round = 0; round < 40; round++) {
      for (let call = 0; call < 500; call++) talk.call('a', 'later');
      pass(1_000);
    }
    // What the last round pruned is counted with the next write.
    talk.call('a', 'later');
    pass(1_000);
    const { operations, pruned, bytes } = reader.contents();
    expect(pruned).toBeGreaterThan(0);
    expect(operations + pruned).toBeGreaterThan(19_000);
    expect(bytes).toBeLessThan(2 * MOST + 8 * 1_048_576);
    expect(reader.tools({}).map(({ tool }) => tool)).toEqual(['later']);
    store.close();
  });

  it('keeps some of what was captured, though a few hundred operations of it fill it', () => {
    const stores: Store[] = [];
    const talk = startConversation({
      sinks: [(event) => stores[0]?.take(event)],
      capture: ['results'],
    });
    const timers = timersByHand(() => talk.clock.now());
    const { store, reader } = openMemoryStore({
      maxBytes: MOST,
      days: 7,
      server: 'a-server',
      privacy: new Privacy({ capture: ['results'], hashIds: false, upstreamPath: '/mcp' }),
      timers,
      skew: () => 0,
      say: (line) => expect.fail(line),
      onLost: () => expect.fail('nothing is lost'),
    });
    stores.push(store);
    talk.initialize('a');
    const large = result(1, { content: [{ type: 'text', text: 'x'.repeat(4_000) }] });
    const kept: number[] = [];
    for (let round = 0; round < 60; round++) {
      for (let call = 0; call < 20; call++) talk.ask(toolCall(1), large, { 'Mcp-Session-Id': 'a' });
      talk.clock.advance(1_000);
      timers.run();
      kept.push(reader.contents().operations);
    }
    expect(reader.contents().pruned).toBeGreaterThan(0);
    expect(Math.min(...kept.slice(10))).toBeGreaterThan(100);
    store.close();
  });
});
