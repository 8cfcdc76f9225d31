import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { request, result, toolCall } from '../support/conversation.ts';
import { openInMemory } from '../../src/store/database.ts';
import { Pruning } from '../../src/store/pruning.ts';
import { startRig, temporaryFolder, type Rig } from './store-rig.ts';

const DAY = 86_400_000;
const KILOBYTE = 1_024;

function session({ talk }: Rig, id: string, calls: number): void {
  talk.initialize(id);
  for (let call = 0; call < calls; call++) talk.call(id);
  talk.clock.advance(1_000);
}

const ids = (rig: Rig): string[] => rig.read((reader) => reader.sessions({}).map(({ id }) => id)).toReversed();

describe('a store that grows beyond its bound', () => {
  it('loses its oldest operations, a session with its last one, and says how many went', () => {
    using folder = temporaryFolder();
    const maxBytes = 400 * KILOBYTE;
    using rig = startRig(folder.in('store.db'), { store: { maxBytes } });
    for (let index = 0; index < 200; index++) {
      session(rig, `session-${index}`, 50);
      if (index % 10 === 9) rig.store.flush();
    }
    const kept = ids(rig);
    expect(kept.length).toBeGreaterThan(20);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => `session-${200 - kept.length + index}`));
    rig.read((reader) => {
      const [oldest, ...whole] = reader.sessions({}).toReversed();
      for (const each of whole) expect(reader.operationsOf(each)).toHaveLength(51);
      const cut = oldest === undefined ? 0 : reader.operationsOf(oldest).length;
      expect(cut).toBeGreaterThan(0);
      const { operations, pruned } = reader.contents();
      expect(operations).toBe(whole.length * 51 + cut);
      // What the last round pruned is counted with the next write.
      expect(operations + pruned).toBeGreaterThan(199 * 51 - 2_000);
      expect(operations + pruned).toBeLessThanOrEqual(200 * 51);
    });
    rig.store.close();
    expect(statSync(rig.path).size).toBeLessThan(1.15 * maxBytes);
  });

  it('loses what belongs to no session with the sessions of its time', () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'), { store: { maxBytes: 400 * KILOBYTE } });
    for (let index = 0; index < 10_000; index++) {
      rig.talk.call(undefined, `tool-${index % 3}`, { 'X-Forwarded-For': '10.0.0.1' });
      if (index % 500 === 499) {
        session(rig, `session-${index}`, 10);
        rig.store.flush();
      }
    }
    const loose = rig.rows('SELECT min(started_us) AS oldest, count(*) AS n FROM operations WHERE session IS NULL');
    const [{ oldest, n } = {}] = loose;
    expect(n).toBeLessThan(8_000);
    expect(n).toBeGreaterThan(1_000);
    const [first] = rig.read((reader) => reader.sessions({})).toReversed();
    expect(Math.abs(Number(oldest) / 1_000 - (first?.lastAt ?? 0))).toBeLessThan(20_000);
  });

  it('cuts the one session that fills it, and goes on counting it', () => {
    using folder = temporaryFolder();
    const maxBytes = 300 * KILOBYTE;
    using rig = startRig(folder.in('store.db'), { store: { maxBytes } });
    rig.talk.initialize('endless');
    for (let call = 0; call < 20_000; call++) {
      rig.talk.call('endless');
      if (call % 1_000 === 999) rig.store.flush();
    }
    expect(ids(rig)).toEqual(['endless']);
    const [{ n } = {}] = rig.rows('SELECT count(*) AS n FROM operations');
    expect(n).toBeGreaterThan(1_000);
    expect(n).toBeLessThan(12_000);
    rig.store.close();
    expect(statSync(rig.path).size).toBeLessThan(1.2 * maxBytes);
  });

  it('keeps the row and the totals of a session in use, though its first operations went', () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'), { store: { maxBytes: 300 * KILOBYTE } });
    session(rig, 'in-use', 5);
    for (let index = 0; index < 150; index++) {
      session(rig, `passing-${index}`, 50);
      rig.talk.clock.advance(120_000);
      rig.talk.call('in-use');
      if (index % 5 === 4) rig.store.flush();
    }
    const kept = ids(rig);
    expect(kept).not.toContain('passing-0');
    const [inUse] = rig.read((reader) => reader.findSessions('in-use'));
    if (inUse === undefined) throw new Error('the session in use is gone');
    expect(rig.read((reader) => reader.operationsOf(inUse)[0]?.method)).toBe('tools/call');
    expect(inUse).toMatchObject({ operations: 156, toolCalls: 155, handshakes: 1 });
  });

  it('gives room at once, however many long sessions share its pages', () => {
    using folder = temporaryFolder();
    const maxBytes = 400 * KILOBYTE;
    using rig = startRig(folder.in('store.db'), { store: { maxBytes } });
    const operations = (): number => Number(rig.rows('SELECT count(*) AS n FROM operations')[0]?.['n']);
    for (let index = 0; index < 16; index++) rig.talk.initialize(`long-${index}`);
    let most = 0;
    for (let call = 0; call < 20_000; call++) {
      rig.talk.call(`long-${call % 16}`);
      if (call % 500 < 499) continue;
      rig.store.flush();
      most = Math.max(most, operations());
      // A full store stays well filled: room for a batch costs about a batch, not whole sessions.
      expect(operations()).toBeGreaterThan(0.6 * most);
    }
    expect(most).toBeLessThan(10_000);
    const counts = rig.rows('SELECT count(*) AS n FROM operations GROUP BY session').map(({ n }) => Number(n));
    expect(counts).toHaveLength(16);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(10);
  });

  it('loses the oldest sessions that have no operations when nothing else is left', () => {
    using folder = temporaryFolder();
    const maxBytes = 300 * KILOBYTE;
    using rig = startRig(folder.in('store.db'), { store: { maxBytes } });
    rig.talk.initialize('first');
    rig.store.flush();
    rig.store.close();
    using db = new DatabaseSync(rig.path);
    const copy = db.prepare(
      `INSERT INTO sessions SELECT id + ?1, hash + ?1, trace, server, client, source, era, opened, 'empty-' || CAST(?1 AS INTEGER),
        conversation, client_name, client_version, server_name, server_version, protocol, throw_away, opened_us,
        last_us, ended_us, end_reason, 0, 0, 0, 0, 0 FROM sessions WHERE name = 'first'`,
    );
    for (let index = 1; index <= 5_000; index++) copy.run(index);
    using later = startRig(rig.path, { store: { maxBytes } });
    later.talk.initialize('last');
    later.store.flush();
    const kept = ids(later);
    expect(kept.length).toBeGreaterThan(500);
    expect(kept.length).toBeLessThan(3_000);
    expect(kept).not.toContain('empty-1');
    expect(kept).toContain('empty-5000');
    expect(kept).toContain('last');
  });

  it('shrinks its file when it is given a lower bound', () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    const capture = { capture: ['results'] as const, privacy: { capture: ['results'] as const } };
    const large = startRig(path, capture);
    for (let index = 0; index < 4_000; index++) {
      const headers = { 'Mcp-Session-Id': `session-${index % 100}` };
      large.talk.ask(toolCall(index), result(index, { content: 'x'.repeat(4_000) }), headers);
    }
    large.store.close();
    const before = statSync(path).size;
    expect(before).toBeGreaterThan(14 * KILOBYTE * KILOBYTE);
    const small = startRig(path, { store: { maxBytes: KILOBYTE * KILOBYTE } });
    for (let round = 0; round < 40; round++) {
      small.talk.call('after');
      small.pass(1_000);
    }
    small.store.close();
    // Up to 8 MB of free pages are kept for later writes.
    expect(statSync(path).size).toBeLessThan(9.5 * KILOBYTE * KILOBYTE);
  });
});

describe('pruning', () => {
  it('never reads all operations, however many there are', () => {
    using db = openInMemory();
    const statements: string[] = [];
    const prepare = db.prepare.bind(db);
    db.prepare = (sql) => {
      statements.push(sql);
      return prepare(sql);
    };
    void new Pruning({ db, maxBytes: 0, days: 1, now: Date.now, elapsed: () => performance.now() });
    const plans = statements
      .filter((sql) => !sql.startsWith('PRAGMA'))
      .flatMap((sql) => prepare(`EXPLAIN QUERY PLAN ${sql}`).all())
      .map(({ detail }) => String(detail));
    expect(plans).toContain('SEARCH operations USING INTEGER PRIMARY KEY (rowid<?)');
    // In the order of the ids, it stops at its limit.
    const walk = plans.filter((plan) => plan === 'SCAN operations');
    expect(walk).toHaveLength(1);
    expect(plans.filter((plan) => plan.startsWith('SCAN operations USING'))).toEqual([]);
  });
});

describe('a store that is older than it may be', () => {
  it('forgets sessions that were not heard of for so long, and operations that ended before', () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'), { store: { days: 2 } });
    session(rig, 'old', 3);
    session(rig, 'goes-on', 3);
    rig.talk.call(undefined, 'quiz', { 'X-Forwarded-For': '10.0.0.1' });
    rig.talk.post(request(1, 'tools/list'), { 'X-Forwarded-For': '10.0.0.1' }).answer(401);
    rig.store.flush();
    rig.talk.clock.advance(1.5 * DAY);
    rig.talk.call('goes-on');
    rig.store.flush();
    expect(ids(rig)).toEqual(['old', 'goes-on']);
    rig.talk.clock.advance(DAY);
    rig.talk.call('goes-on');
    rig.store.flush();
    expect(ids(rig)).toEqual(['goes-on']);
    expect(rig.rows('SELECT count(*) AS n FROM operations')).toEqual([{ n: 2 }]);
    expect(rig.rows('SELECT * FROM counts')).toEqual([]);
    expect(rig.rows('SELECT count(*) AS n FROM details')).toEqual([{ n: 0 }]);
  });

  it('keeps what it knows of clients and tools', () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'), { store: { days: 1 } });
    rig.talk.initialize('first', { name: 'cursor', version: '1.0.0' });
    rig.talk.ask(request(1, 'tools/list'), result(1, { tools: [{ name: 'quiz' }] }), { 'Mcp-Session-Id': 'first' });
    rig.store.flush();
    rig.talk.clock.advance(5 * DAY);
    session(rig, 'second', 1);
    expect(ids(rig)).toEqual(['second']);
    rig.store.close();
    using later = startRig(rig.path);
    expect(later.store.remembered).toMatchObject({ clients: [{ clientLabel: 'cursor' }], tools: ['quiz'] });
  });

  it('forgets at the start, though nothing is written', () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    const rig = startRig(path);
    session(rig, 'old', 3);
    rig.store.close();
    const week = 8 * DAY;
    using later = startRig(path, { store: { skew: () => week } });
    expect(later.rows('SELECT count(*) AS n FROM sessions')).toEqual([{ n: 0 }]);
  });

  it('does not take a row for its own that was given to another session meanwhile', () => {
    using folder = temporaryFolder();
    using one = startRig(folder.in('store.db'));
    one.talk.initialize('one');
    one.store.flush();
    one.talk.clock.advance(8 * DAY);
    using other = startRig(folder.in('store.db'), { store: { skew: () => 8 * DAY } });
    other.talk.initialize('other');
    other.talk.call('other');
    other.store.flush();
    one.talk.call('one');
    const told = one.read((reader) => reader.sessions({}).map(({ id, operations }) => `${id} ${operations}`));
    expect(told.toSorted()).toEqual(['one 1', 'other 2']);
  });

  it('does not forget by a clock that was far ahead for a while, nor keep for it', () => {
    using folder = temporaryFolder();
    let skew = 0;
    using rig = startRig(folder.in('store.db'), { store: { days: 2, skew: () => skew } });
    session(rig, 'before', 1);
    rig.store.flush();
    skew = 400 * DAY;
    session(rig, 'ahead', 1);
    rig.timers.run();
    skew = 0;
    rig.talk.clock.advance(120_000);
    session(rig, 'after', 1);
    rig.store.flush();
    rig.talk.clock.advance(3 * DAY);
    session(rig, 'later', 1);
    rig.store.flush();
    expect(rig.rows(`SELECT name FROM sessions WHERE name = 'later'`)).toHaveLength(1);
    expect(rig.rows(`SELECT count(*) AS n FROM operations`)).toEqual([{ n: 2 }]);
  });
});

describe('a clock that is years behind', () => {
  it('deletes nothing: what is there is not old, the clock is wrong', () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    {
      using rig = startRig(path, { store: { days: 2 } });
      session(rig, 'a-session', 10);
    }
    using late = startRig(path, { store: { days: 2, skew: () => -3_650 * DAY } });
    late.store.flush();
    expect(late.rows('SELECT count(*) AS n FROM operations')).toEqual([{ n: 11 }]);
  });
});
