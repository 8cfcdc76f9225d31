import { describe, expect, it } from 'vitest';
import { request, result, SERVER, toolCall } from '../support/conversation.ts';
import { startRig, temporaryFolder, withRig, type Rig } from './store-rig.ts';

const SESSION = { 'Mcp-Session-Id': 'a-session' };

describe('a session', () => {
  it('is stored with who and what it is, and what it adds up to', () => {
    withRig(({ talk, read }) => {
      talk.initialize('a-session', { name: 'openai-mcp', version: '1.2.3' });
      talk.call('a-session');
      talk.ask(toolCall(5, 'grade'), result(5, { isError: true }), SESSION);
      expect(read((reader) => reader.sessions({}))).toMatchObject([
        {
          id: 'a-session',
          real: true,
          source: 'header',
          server: SERVER,
          client: 'chatgpt',
          clientName: 'openai-mcp',
          clientVersion: '1.2.3',
          serverName: 'quiz-server',
          serverVersion: '2.0.0',
          protocolVersion: '2025-11-25',
          opened: 'handshake',
          endReason: undefined,
          operations: 3,
          toolCalls: 2,
          failed: 1,
          rejected: 0,
          handshakes: 1,
        },
      ]);
    });
  });

  it('says when and how it ended', () => {
    withRig(({ talk, read }) => {
      talk.initialize('a-session');
      expect(read((reader) => reader.sessions({}))).toMatchObject([{ endReason: undefined, endedAt: undefined }]);
      talk.clock.advance(2_000);
      talk.send({ method: 'DELETE', headers: SESSION }).answer(204);
      const [session] = read((reader) => reader.sessions({}));
      expect(session).toMatchObject({ endReason: 'deleted', endedAt: talk.clock.now() });
    });
  });

  it('that speaks again after it was summed up goes on in its row', () => {
    withRig(({ talk, read }) => {
      talk.initialize('a-session');
      talk.call('a-session');
      talk.clock.advance(700_000);
      talk.sweep();
      expect(read((reader) => reader.sessions({}))).toMatchObject([{ endReason: 'idle', toolCalls: 1 }]);
      talk.call('a-session');
      expect(read((reader) => reader.sessions({}))).toMatchObject([
        { endReason: undefined, toolCalls: 2, operations: 3 },
      ]);
    });
  });

  it('has one row when a later process, or a replica, goes on with it, and is not taken back to knowing less', () => {
    using folder = temporaryFolder();
    using first = startRig(folder.in('store.db'));
    first.talk.initialize('a-session', { name: 'openai-mcp', version: '1.2.3' });
    first.talk.call('a-session');
    first.store.flush();
    using second = startRig(folder.in('store.db'));
    second.talk.call('a-session');
    second.store.flush();
    expect(first.read((reader) => reader.sessions({}))).toMatchObject([
      { client: 'chatgpt', clientVersion: '1.2.3', serverName: 'quiz-server', opened: 'handshake', toolCalls: 2 },
    ]);
    const [session] = first.read((reader) => reader.sessions({}));
    if (session === undefined) throw new Error('there is one');
    expect(first.read((reader) => reader.operationsOf(session).map(({ method }) => method))).toEqual([
      'initialize',
      'tools/call',
      'tools/call',
    ]);
  });

  it('lasts from the first to the last that anybody saw of it, though the clock of one writer is behind', () => {
    using folder = temporaryFolder();
    using ahead = startRig(folder.in('store.db'));
    using behind = startRig(folder.in('store.db'));
    const start = ahead.talk.clock.now();
    ahead.talk.clock.advance(60_000);
    ahead.talk.initialize('a-session');
    ahead.talk.call('a-session');
    ahead.store.flush();
    const last = ahead.talk.clock.now();
    behind.talk.call('a-session');
    behind.store.flush();
    expect(ahead.read((reader) => reader.sessions({}))).toMatchObject([
      { openedAt: start, lastAt: last, operations: 3, opened: 'handshake', client: 'cursor' },
    ]);
    behind.talk.clock.advance(90_000);
    behind.talk.call('a-session');
    behind.store.flush();
    ahead.talk.call('a-session');
    expect(ahead.read((reader) => reader.sessions({}))).toMatchObject([
      { openedAt: start, lastAt: behind.talk.clock.now() },
    ]);
  });

  it('adds up to its operations, however they were spread over batches', () => {
    withRig((rig) => {
      for (let round = 0; round < 5; round++) {
        for (const id of ['a', 'b']) {
          if (round === 0) rig.talk.initialize(id);
          rig.talk.call(id);
        }
        rig.store.flush();
      }
      const rows = rig.rows(
        `SELECT name, sessions.operations AS told, count(*) AS counted FROM sessions
         JOIN operations ON session = sessions.id GROUP BY 1 ORDER BY 1`,
      );
      expect(rows).toEqual([
        { name: 'a', told: 6, counted: 6 },
        { name: 'b', told: 6, counted: 6 },
      ]);
    });
  });

  it('of a bridge that only looks whether somebody is there is none', () => {
    withRig(({ talk, read }) => {
      talk.initialize('a-session', { name: 'mcp-remote-fallback-test', version: '0.0.0' });
      expect(read((reader) => [reader.sessions({}), reader.countSessions({}), reader.contents().sessions])).toEqual([
        [],
        0,
        0,
      ]);
    });
  });
});

describe('activity', () => {
  it('is told apart from sessions: it has no id of its own', () => {
    withRig(({ talk, read }) => {
      talk.call(undefined, 'quiz', { 'User-Agent': 'agent/1.0' });
      const [activity] = read((reader) => reader.sessions({}));
      expect(activity).toMatchObject({ real: false, source: 'peer', toolCalls: 1 });
      expect(activity?.id).toBe(activity?.traceId);
    });
  });

  it('of a wrapped process is a session', () => {
    withRig(({ talk, read }) => {
      const command = talk.wrap('quiz');
      command.client(request(1, 'initialize', { protocolVersion: '2025-11-25', clientInfo: { name: 'cursor' } }));
      command.server(result(1, { protocolVersion: '2025-11-25' }));
      expect(read((reader) => reader.sessions({}))).toMatchObject([{ real: true, source: 'process' }]);
    });
  });
});

describe('what is written', () => {
  it('is written a second after it happened, together', () => {
    withRig(({ talk, rows, pass }) => {
      const stored = () => rows('SELECT count(*) AS n FROM operations')[0]?.['n'];
      talk.initialize('a-session');
      talk.call('a-session');
      pass(900);
      expect(stored()).toBe(0);
      pass(100);
      expect(stored()).toBe(2);
    });
  });

  it('is written at once when there is much of it', () => {
    withRig(({ talk, rows }) => {
      talk.initialize('a-session');
      for (let call = 0; call < 4_100; call++) talk.call('a-session');
      expect(rows('SELECT count(*) AS n FROM operations')).toEqual([{ n: 4_000 }]);
    });
  });

  it('is written when the store is closed, after which nothing is taken', () => {
    using folder = temporaryFolder();
    const { talk, store, rows, lost } = startRig(folder.in('store.db'));
    talk.initialize('a-session');
    store.close();
    expect(rows('SELECT count(*) AS n FROM operations')).toEqual([{ n: 1 }]);
    talk.call('a-session');
    store.close();
    expect(rows('SELECT count(*) AS n FROM operations')).toEqual([{ n: 1 }]);
    expect(lost()).toBe(1);
  });

  it('has the time of the wall clock, whatever our own says', () => {
    const ahead = 3_600_000;
    withRig(
      ({ talk, read }) => {
        const at = talk.clock.now() + ahead;
        talk.initialize('a-session');
        const [session] = read((reader) => reader.sessions({}));
        expect(session?.openedAt).toBe(at);
        expect(read((reader) => reader.latest({}))[0]?.startedAt).toBe(at);
      },
      { store: { skew: () => ahead } },
    );
  });
});

describe('a transaction that failed', () => {
  /** What Node says when SQLite has no more room (SQLITE_FULL). */
  const full = Object.assign(new Error('database or disk is full'), { errcode: 13 });
  /** The first attempt of a writer fails after its operations and its clients were written. */
  function failFirst(rig: Rig): void {
    const states = () => rig.talk.tracker.registry.clients.states();
    rig.store.ask({
      clients: function* () {
        yield* states();
        throw full;
      },
    });
    rig.store.flush();
    rig.store.ask({ clients: states });
  }

  it('leaves nothing, and what it would have written is written later, once, as what it was', () => {
    using folder = temporaryFolder();
    using unlucky = startRig(folder.in('store.db'));
    using other = startRig(folder.in('store.db'));
    unlucky.talk.initialize('a-session', { name: 'openai-mcp', version: '1.2.3' });
    unlucky.talk.call('a-session', 'grade');
    failFirst(unlucky);
    for (const table of ['operations', 'kinds', 'sessions', 'clients', 'traits', 'marks'])
      expect(unlucky.rows(`SELECT count(*) AS n FROM ${table}`), table).toEqual([{ n: 0 }]);
    // SQLite gives the ids that were taken back out again.
    other.talk.initialize('another-session');
    for (const tool of ['one', 'two', 'three']) other.talk.call('another-session', tool);
    other.store.flush();
    unlucky.pass(2_000);
    const [session] = unlucky.read((reader) => reader.sessions({ client: 'chatgpt' }));
    if (session === undefined) throw new Error('there is one');
    expect(session).toMatchObject({ id: 'a-session', operations: 2, toolCalls: 1, handshakes: 1 });
    const operations = unlucky.read((reader) => reader.operationsOf(session));
    expect(operations.map(({ method, target, client }) => [method, target, client])).toEqual([
      ['initialize', undefined, 'chatgpt'],
      ['tools/call', 'grade', 'chatgpt'],
    ]);
    expect(unlucky.rows("SELECT DISTINCT client FROM traits WHERE client = 'chatgpt'")).toHaveLength(1);
    expect(unlucky.lost()).toBe(0);
  });

  it('does not keep its operations from being found by time', () => {
    withRig((rig) => {
      rig.talk.initialize('a-session');
      failFirst(rig);
      rig.pass(2_000);
      expect(rig.rows('SELECT count(*) AS n FROM marks')).toEqual([{ n: 1 }]);
      const since = rig.talk.clock.now() - 10_000;
      expect(rig.read((reader) => reader.latest({ since }))).toHaveLength(1);
    });
  });
});
