import { describe, expect, it } from 'vitest';
import { request, result, SERVER, toolCall } from '../support/conversation.ts';
import { startRig, temporaryFolder, withRig } from './store-rig.ts';

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
          errors: 1,
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
