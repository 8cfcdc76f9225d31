import { describe, expect, it } from 'vitest';
import { lanesOf, type LaneRoom, type Lanes } from '../../src/reading/lanes/lanes.ts';
import { ticksOn } from '../../src/reading/lanes/axis.ts';
import { axisInWords, moreClientsInWords, moreInWords, sizeInWords } from '../../src/reading/lanes/words.ts';
import { kept, perCall, START, storedFrom, type ClientSpec } from './stored-lanes.ts';

const ROOM: LaneRoom = { clients: 5, rows: 15, moment: 'richest' };
const SECOND = 1_000;

function lanesFrom(specs: readonly ClientSpec[], room = ROOM): Lanes {
  const { lanes, marksOf } = storedFrom(specs);
  return lanesOf(lanes, room, marksOf);
}

const CHATGPT: ClientSpec = { client: 'chatgpt', verdict: 'per-call', sessions: perCall('talk', 7, 0) };
const CLAUDE: ClientSpec = { client: 'claude', verdict: 'reusing', sessions: [kept(9, 5, 65)] };

describe('the rows', () => {
  it('are one for each conversation, with a box for each of its sessions', () => {
    const { groups } = lanesFrom([CLAUDE, CHATGPT]);
    expect(groups.map(({ client }) => client)).toEqual(['chatgpt', 'claude']);
    expect(groups.map(({ lanes }) => lanes.map(({ boxes }) => boxes.length))).toEqual([[7], [1]]);
    expect(groups.map(sizeInWords)).toEqual(['7 sessions, 1 conversation', '1 session, 9 calls']);
    expect(groups[0]?.lanes[0]?.boxes[0]?.marks.map(({ kind }) => kind)).toEqual(['handshake', 'call']);
  });

  it('are those of the latest conversations, in the order in which they began, and the rest is counted', () => {
    const talks = Array.from({ length: 6 }, (_, talk) => perCall(`talk ${talk}`, 4, talk * 40)).flat();
    const [group] = lanesFrom([{ ...CHATGPT, sessions: talks }]).groups;
    expect(group?.lanes.map(({ conversation }) => conversation)).toEqual(['talk 3', 'talk 4', 'talk 5']);
    expect(group && moreInWords(group)).toBe('and 3 more conversations');
    expect(group && moreInWords(group, false)).toBe('3 more');
  });

  it('hold sessions of no conversation together where there are more than rows; none of a row overlap', () => {
    const sessions = [20, 30, 40].map((from) => kept(2, from, from + 8));
    const [group] = lanesFrom([{ ...CLAUDE, sessions: [...sessions, kept(3, 20, 48)] }]).groups;
    const lanes = group?.lanes ?? [];
    expect(lanes.length).toBeLessThanOrEqual(3);
    expect(lanes.flatMap(({ boxes }) => boxes)).toHaveLength(4);
    for (const { boxes } of lanes)
      for (const [index, box] of boxes.entries())
        expect(box.openedAt).toBeGreaterThan(boxes[index - 1]?.lastAt ?? -Infinity);
  });

  it('have tracks, where sessions of a conversation overlap', () => {
    const overlapping = [0, 5, 30].map((from) => kept(2, from, from + 20, { conversation: 'talk' }));
    const [lane] = lanesFrom([{ ...CLAUDE, sessions: overlapping }]).groups[0]?.lanes ?? [];
    expect(lane?.tracks).toBe(2);
    expect(lane?.boxes.map(({ track }) => track)).toEqual([0, 1, 0]);
  });

  it('hold one with a failure, where there is one, though others are later', () => {
    const failing = { from: 0, to: 1, conversation: 'failing', marks: [[0, 'failed']] } as const;
    const talks = Array.from({ length: 4 }, (_, talk) => perCall(`talk ${talk}`, 3, 2 + talk)).flat();
    const [group] = lanesFrom([{ ...CHATGPT, sessions: [failing, ...talks] }]).groups;
    expect(group?.lanes.map(({ conversation }) => conversation)).toEqual(['failing', 'talk 2', 'talk 3']);
  });
});

describe('the clients', () => {
  const client = (name: string, verdict: string | undefined, sessions: number): ClientSpec => ({
    client: name,
    ...(verdict !== undefined && { verdict }),
    sessions: [kept(3, 0, 60)],
    of: sessions,
  });

  it('that open a session per call stand above those that keep theirs, and those above the rest', () => {
    const all = [client('new', undefined, 9), client('keeps', 'reusing', 1), client('opens', 'per-call', 2)];
    expect(lanesFrom(all).groups.map((group) => group.client)).toEqual(['opens', 'keeps', 'new']);
  });

  it('are left out where there is no room, but never so that no contrast is left; they are counted', () => {
    const many = Array.from({ length: 8 }, (_, index) => client(`opens ${index}`, 'per-call', 100 - index));
    const lanes = lanesFrom([...many, client('keeps', 'reusing', 1), client('keeps too', 'reusing', 1)]);
    expect(lanes.groups.map((group) => group.client)).toEqual(['opens 0', 'opens 1', 'opens 2', 'keeps', 'keeps too']);
    expect(moreClientsInWords(lanes)).toBe('5 more clients in this period');
  });

  it('get as many rows each as there is room for', () => {
    const talks = (name: string) => Array.from({ length: 5 }, (_, talk) => perCall(`${name} ${talk}`, 2, talk)).flat();
    const all = ['a', 'b', 'c'].map((name): ClientSpec => ({ client: name, sessions: talks(name) }));
    const rows = (room: Omit<LaneRoom, 'moment'>): number[] =>
      lanesFrom(all, { ...ROOM, ...room }).groups.map(({ lanes }) => lanes.length);
    expect(rows({ clients: 5, rows: 15 })).toEqual([3, 3, 3]);
    expect(rows({ clients: 5, rows: 6 })).toEqual([2, 2, 2]);
    expect(rows({ clients: 2, rows: 1 })).toEqual([1, 1]);
  });

  it('of nothing have no rows', () => {
    expect(lanesFrom([])).toMatchObject({ groups: [], moreClients: 0 });
  });
});

describe('the axis', () => {
  it('is no longer than what happened', () => {
    const lanes = lanesFrom([CLAUDE]);
    expect([lanes.from, lanes.to]).toEqual([START + 5 * SECOND, START + 65 * SECOND]);
    expect(axisInWords(lanes, START + 66 * SECOND)).toBe('last 1 min');
    expect(axisInWords(lanes, START + 600 * SECOND)).toMatch(/^1 min until \d\d:\d\d:\d\d$/);
  });

  it('is so short that the sessions of a conversation stand apart, though others last for hours', () => {
    const long = { ...CLAUDE, sessions: [kept(50, -7_200, 70)] };
    const { from, to } = lanesFrom([long, CHATGPT]);
    // Seven sessions, ten seconds apart, of which thirty would fit.
    expect(to - from).toBe(300 * SECOND);
    expect(to).toBe(START + 70 * SECOND);
  });

  it('is as short where a client sends no conversation with its sessions', () => {
    const sessions = perCall('', 7, 0).map(({ from, to, marks }) => ({ from, to, ...(marks && { marks }) }));
    const long = { ...CLAUDE, sessions: [kept(50, -7_200, 70)] };
    const { from, to, groups } = lanesFrom([long, { ...CHATGPT, sessions }]);
    expect(to - from).toBe(300 * SECOND);
    expect(groups.map(sizeInWords)).toEqual(['7 sessions, 7 calls', '1 session, 50 calls']);
    expect(groups[0]?.lanes).toHaveLength(1);
  });

  it('is where a client that opens a session per call can be seen, not where only another is left', () => {
    const later = { ...CLAUDE, sessions: [kept(9, 5_000, 5_060)] };
    const { to, groups, moreClients } = lanesFrom([later, CHATGPT]);
    expect(to).toBe(START + 60.2 * SECOND);
    expect(groups.map(({ client }) => client)).toEqual(['chatgpt']);
    expect(moreClients).toBe(1);
  });

  it('is the latest time nevertheless, where that is asked for', () => {
    const later = { ...CLAUDE, sessions: [kept(9, 5_000, 5_060)] };
    const { to, groups } = lanesFrom([later, CHATGPT], { ...ROOM, moment: 'latest' });
    expect(to).toBe(START + 5_060 * SECOND);
    expect(groups.map(({ client }) => client)).toEqual(['claude']);
  });

  it('reaches further back to a client of the other habit, where that was there shortly before', () => {
    const [soon, late] = [500, 2_000].map((from) => ({ ...CLAUDE, sessions: [kept(9, from, from + 60)] }));
    const seen = (spec: ClientSpec | undefined) =>
      lanesFrom([spec ?? CLAUDE, CHATGPT], { ...ROOM, moment: 'latest' }).groups.map(({ client }) => client);
    expect(seen(soon)).toEqual(['chatgpt', 'claude']);
    expect(seen(late)).toEqual(['claude']);
  });

  it('is the latest time, where several are alike', () => {
    const twice = { ...CHATGPT, sessions: [...perCall('early', 7, 0), ...perCall('late', 7, 5_000)] };
    const { groups } = lanesFrom([twice]);
    expect(groups[0]?.lanes.map(({ conversation }) => conversation)).toEqual(['late']);
    expect(groups.map((group) => moreInWords(group))).toEqual(['and 1 more conversation']);
  });

  it('of one moment spans some time nevertheless', () => {
    const { from, to } = lanesFrom([{ ...CLAUDE, sessions: [kept(1, 0, 0)] }]);
    expect(to).toBeGreaterThan(from);
  });

  it.each([
    [0, 300 * SECOND, 5, [0, 60, 120, 180, 240, 300]],
    [0, 4 * SECOND, 8, [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]],
    [30 * SECOND, 200 * SECOND, 3, [60, 120, 180]],
  ])('from %s to %s has round ticks', (from, to, most, seconds) => {
    expect(ticksOn({ from: START + from, to: START + to }, most, START)).toEqual(
      seconds.map((second) => START + second * SECOND),
    );
  });
});

describe('hundreds of conversations, with thousands of calls,', () => {
  it('become few rows and few marks', () => {
    const sessions = Array.from({ length: 60 }, (_, talk) => perCall(`talk ${talk}`, 20, talk, 0.5)).flat();
    const lanes = lanesFrom(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((client) => ({ client, verdict: 'per-call', sessions })),
    );
    expect(lanes.groups).toHaveLength(5);
    const rows = lanes.groups.flatMap((group) => group.lanes);
    expect(rows).toHaveLength(15);
    for (const { boxes, tracks } of rows) {
      expect(boxes.length).toBeLessThanOrEqual(60);
      expect(tracks).toBeLessThanOrEqual(3);
    }
    expect(lanes.groups.map((group) => moreInWords(group))).toEqual(
      lanes.groups.map(() => 'and 57 more conversations'),
    );
  });
});
