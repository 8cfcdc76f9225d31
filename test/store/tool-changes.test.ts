import { describe, expect, it } from 'vitest';
import { openInMemory } from '../../src/store/database.ts';
import { Pruning } from '../../src/store/pruning.ts';
import { failure, request, result, toolCall, type Headers } from '../support/conversation.ts';
import { startRig, temporaryFolder, withRig, type Rig } from './store-rig.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CURSOR = { 'User-Agent': 'cursor/1.0' };
const ZED = { 'User-Agent': 'zed/1.0' };
const ANN = { Authorization: 'Bearer ann' };
const search = (description: string) => ({ name: 'search', description });
const GRADE = { name: 'grade' };

function list({ talk }: Rig, tools: readonly object[], headers: Headers = {}): void {
  talk.ask(request(7, 'tools/list'), result(7, { tools }), headers);
}

const told = (rig: Rig): string[] =>
  rig.read((reader) => reader.toolChanges({}).map(({ tool, kinds }) => `${tool}: ${kinds.join(' ')}`));

describe('changes of tools', () => {
  it('are kept with both definitions', () => {
    withRig((rig) => {
      list(rig, [search('one')]);
      list(rig, [search('two')]);
      rig.read((reader) => {
        const [change] = reader.toolChanges({});
        if (change === undefined) throw new Error('there is none');
        expect(reader.toolChangeAt(change.id)).toEqual(change);
        expect(reader.changedDefinitions(change)).toEqual({
          before: '{"description":"one","name":"search"}',
          after: '{"description":"two","name":"search"}',
          lacking: false,
        });
        expect(reader.toolChangeAt(99)).toBeUndefined();
      });
    });
  });

  it('while mcpspan was down are told by the next run, to a caller without a credential', () => {
    using folder = temporaryFolder();
    const first = startRig(folder.in('store.db'));
    list(first, [search('one'), GRADE], CURSOR);
    first.store.close();
    using second = startRig(folder.in('store.db'));
    list(second, [search('two')], CURSOR);
    expect(told(second).toSorted()).toEqual(['grade: removed', 'search: description']);
  });

  it('are none where the next run sees another caller, or one who signs in', () => {
    using folder = temporaryFolder();
    const first = startRig(folder.in('store.db'));
    list(first, [search('one'), GRADE], CURSOR);
    list(first, [search('of ann')], ANN);
    first.store.close();
    using second = startRig(folder.in('store.db'));
    list(second, [search('two')], ZED);
    list(second, [search('of bob')], ANN);
    expect(told(second)).toEqual([]);
  });

  it('that two processes saw are written once, and what one has told the other does not tell again', () => {
    using folder = temporaryFolder();
    using one = startRig(folder.in('store.db'));
    using two = startRig(folder.in('store.db'));
    for (const rig of [one, two]) {
      list(rig, [search('one')]);
      list(rig, [search('two')]);
      rig.store.flush();
    }
    expect(told(one)).toEqual(['search: description']);
    using third = startRig(folder.in('store.db'));
    list(third, [search('two')]);
    expect(told(third)).toEqual(['search: description']);
  });

  it('keep nothing of callers that may be secret', () => {
    withRig((rig) => {
      list(rig, [GRADE], ANN);
      list(rig, [GRADE], { Cookie: 'id=mk-cookie' });
      rig.talk
        .send({ path: '/mcp?key=mk-query', body: request(7, 'tools/list') })
        .answer(200, result(7, { tools: [GRADE] }));
      rig.store.flush();
      expect(rig.rows('SELECT * FROM tool_lists')).toEqual([]);
      list(rig, [GRADE], CURSOR);
      rig.store.flush();
      const [{ audience } = {}] = rig.rows('SELECT audience FROM tool_lists');
      expect(String(audience)).toContain('cursor');
    });
  });
});

describe('a definition that was not kept', () => {
  it('is said to be lacking, and its change is kept', () => {
    withRig((rig) => {
      list(rig, [search('one')]);
      list(rig, [search('x'.repeat(70_000))]);
      rig.read((reader) => {
        const [change] = reader.toolChanges({});
        expect(change?.kinds).toEqual(['definition']);
        expect(change && reader.changedDefinitions(change)).toMatchObject({ after: undefined, lacking: true });
      });
    });
  });
});

describe('what followed a change', () => {
  const call = (rig: Rig, tool: string, ok: boolean, headers: Headers): void => {
    const exchange = rig.talk.post(toolCall(1, tool), headers);
    rig.talk.clock.advance(1_000);
    exchange.answer(200, ok ? result(1, { content: [] }) : failure(1, -32_602));
  };

  it('is counted in equal stretches, by client, up to the next change', () => {
    withRig((rig) => {
      list(rig, [search('one')]);
      for (let minute = 0; minute < 60; minute++) {
        call(rig, 'search', true, CURSOR);
        if (minute % 2 === 0) call(rig, 'grade', true, ZED);
        rig.pass(MINUTE);
      }
      list(rig, [search('two')]);
      for (let minute = 0; minute < 30; minute++) {
        call(rig, 'search', minute % 3 > 0, CURSOR);
        rig.pass(MINUTE);
      }
      const [effect] = rig.read((reader) => reader.changeEffects(reader.toolChanges({})));
      expect(effect?.seconds).toBe(30 * 61);
      expect(effect?.clients.map(({ client }) => client)).toEqual(['cursor']);
      expect(effect?.clients[0]).toMatchObject({
        after: { calls: 30, rejected: 10, failed: 0 },
        before: { rejected: 0 },
      });
      expect(effect?.all.before.otherCalls).toBeGreaterThan(10);
      expect(effect?.clients[0]?.before.calls).toBeGreaterThan(20);
      list(rig, [search('three')]);
      rig.pass(MINUTE);
      const [latest, earlier] = rig.read((reader) => reader.changeEffects(reader.toolChanges({})));
      expect([latest?.seconds, earlier?.seconds]).toEqual([60, 30 * 61]);
    });
  });

  it('is counted over a day at most', () => {
    withRig((rig) => {
      list(rig, [search('one')]);
      list(rig, [search('two')]);
      rig.pass(30 * HOUR);
      call(rig, 'search', true, CURSOR);
      const [effect] = rig.read((reader) => reader.changeEffects(reader.toolChanges({})));
      expect([effect?.seconds, effect?.all.after.calls]).toEqual([86_400, 0]);
    });
  });
});

describe('bounds', () => {
  it('hold for the texts of contracts: an eighth of the store, the oldest go', () => {
    using db = openInMemory();
    const insert = db.prepare('INSERT INTO contracts (hash, text, bytes, last_us) VALUES (?, ?, 1000, ?)');
    for (let index = 0; index < 100; index++) insert.run(`h${index}`, 'x'.repeat(1_000), 1e15 + index);
    new Pruning({ db, maxBytes: 80_000, days: 30_000, now: () => 1e12, elapsed: () => 0 }).round();
    const left = db.prepare('SELECT hash FROM contracts ORDER BY last_us').all();
    expect(left.map(({ hash }) => hash)).toEqual(Array.from({ length: 10 }, (_, index) => `h${90 + index}`));
  });

  it('hold for what waits to be written: the rest is counted', () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'));
    for (let index = 0; index < 70; index++) list(rig, [{ name: `t${index}`, description: 'x'.repeat(60_000) }]);
    const counts = rig.read((reader) => reader.counts({}));
    expect(counts.find(({ what }) => what === 'anomaly-tools-not-followed')?.number).toBeGreaterThan(0);
    const [{ n } = {}] = rig.rows('SELECT sum(bytes) AS n FROM contracts');
    expect(n).toBeLessThan(4_100_000);
    expect(rig.rows('SELECT count(*) AS n FROM tool_changes')).toEqual([{ n: 69 }]);
  });

  it('forget what is older than the store may be', () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'), { store: { days: 2 } });
    list(rig, [search('one')]);
    list(rig, [search('two')]);
    rig.store.flush();
    rig.pass(72 * HOUR);
    rig.talk.call(undefined, 'search');
    rig.store.flush();
    rig.pass(2 * MINUTE);
    rig.talk.call(undefined, 'search');
    expect(told(rig)).toEqual([]);
    expect(rig.rows('SELECT count(*) AS n FROM contracts')).toEqual([{ n: 0 }]);
  });
});
