import { readdirSync, readlinkSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { StoreReader } from '../../src/store/reader.ts';
import { openMemoryFile } from '../../src/store/store.ts';
import { manualClock } from '../support/clock.ts';
import { SERVER, startConversation } from '../support/conversation.ts';
import { aboutServer, plainPrivacy, startFleet, type Fleet, type Served } from './fleet-rig.ts';
import { rowsOf, startRig, temporaryFolder, timersByHand } from './store-rig.ts';

const plain = plainPrivacy();

function withFleet(act: (fleet: Fleet, path: string) => void, options = {}): void {
  using folder = temporaryFolder();
  using fleet = startFleet(folder.in('store.db'), options);
  act(fleet, folder.in('store.db'));
}

/** What each server's session of an id adds up to. */
const told = (reader: StoreReader): unknown[] =>
  reader
    .sessions({})
    .map(({ server, id, client, operations, toolCalls }) => ({ server, id, client, operations, toolCalls }))
    .toSorted((a, b) => a.server.localeCompare(b.server));

describe('servers of one file', () => {
  it('keep sessions of equal ids apart, with all that hangs on them', () => {
    withFleet((fleet) => {
      const [quiz, files] = [fleet.add('quiz'), fleet.add('files')];
      quiz.talk.initialize('same', { name: 'cursor-vscode', version: '1' });
      files.talk.initialize('same', { name: 'openai-mcp', version: '1' });
      for (const { talk } of [quiz, quiz, files]) talk.call('same', 'read');
      fleet.pass(1_000);
      fleet.read((reader) => {
        expect(told(reader)).toEqual([
          { server: 'files', id: 'same', client: 'chatgpt', operations: 2, toolCalls: 1 },
          { server: 'quiz', id: 'same', client: 'cursor', operations: 3, toolCalls: 2 },
        ]);
        expect(reader.tools({}).map(({ server, tool, calls }) => [server, tool, calls])).toEqual(
          expect.arrayContaining([
            ['quiz', 'read', 2],
            ['files', 'read', 1],
          ]),
        );
        for (const session of reader.sessions({}))
          expect(reader.operationsOf(session).every(({ server }) => server === session.server)).toBe(true);
      });
    });
  });

  it('are written together, a second after the first of them has something', () => {
    withFleet((fleet, path) => {
      const [quiz, files] = [fleet.add('quiz'), fleet.add('files')];
      const stored = () => rowsOf(path, 'SELECT count(*) AS n FROM operations')[0]?.['n'];
      quiz.talk.initialize('a');
      fleet.pass(900);
      files.talk.initialize('b');
      expect(stored()).toBe(0);
      fleet.pass(100);
      expect(stored()).toBe(2);
      expect(rowsOf(path, 'SELECT count(*) AS n FROM marks')).toEqual([{ n: 1 }]);
    });
  });

  it('are written at once when there is much of all of them', () => {
    withFleet((fleet, path) => {
      const all = Array.from({ length: 41 }, (_, index) => fleet.add(`server-${index}`));
      for (const { talk } of all) for (let call = 0; call < 100; call++) talk.call(undefined, 'quiz');
      expect(rowsOf(path, 'SELECT count(*) AS n FROM operations')).toEqual([{ n: 4_000 }]);
    });
  });

  it('go on when one of them is closed, of which everything is written', () => {
    withFleet((fleet) => {
      const [quiz, files] = [fleet.add('quiz'), fleet.add('files')];
      quiz.talk.initialize('a');
      files.talk.initialize('a');
      quiz.store.close();
      const closedAt = quiz.talk.clock.now();
      expect(fleet.read(told)).toHaveLength(2);
      quiz.talk.call('a');
      files.talk.call('a');
      fleet.pass(10_000);
      expect([quiz.store.off, files.store.off, fleet.file.off, fleet.lost()]).toEqual([true, false, false, 1]);
      fleet.read((reader) => {
        expect(told(reader)).toMatchObject([
          { server: 'files', toolCalls: 1 },
          { server: 'quiz', toolCalls: 0 },
        ]);
        expect(reader.processes().map(({ server, running, endedAt }) => [server, running, endedAt])).toEqual([
          ['files', true, undefined],
          ['quiz', false, closedAt],
        ]);
      });
      files.talk.call('a');
      fleet.file.close();
      expect(fleet.read(told)).toMatchObject([{ server: 'files', toolCalls: 2 }, { server: 'quiz' }]);
      expect(fleet.read((reader) => reader.processes()).map(({ running }) => running)).toEqual([false, false]);
      expect(fleet.said).toEqual([]);
    });
  });

  it('lose nothing of one that is closed while the file is locked', () => {
    withFleet((fleet, path) => {
      const [quiz, files] = [fleet.add('quiz'), fleet.add('files')];
      using other = new DatabaseSync(path);
      other.exec('BEGIN EXCLUSIVE');
      quiz.talk.initialize('a');
      quiz.store.close();
      files.talk.initialize('b');
      other.exec('COMMIT');
      fleet.pass(5_000);
      expect(fleet.read(told)).toMatchObject([
        { server: 'files', operations: 1 },
        { server: 'quiz', operations: 1 },
      ]);
      expect(fleet.read((reader) => reader.processes())).toMatchObject([
        { server: 'files', running: true },
        { server: 'quiz', running: false },
      ]);
      expect([fleet.said, fleet.lost()]).toEqual([[], 0]);
    });
  });

  it('may come back under a name, elsewhere, before or after the one that had it is closed', () => {
    withFleet((fleet) => {
      const first = fleet.add('quiz');
      first.talk.initialize('a');
      const second = fleet.file.server({
        server: 'quiz',
        privacy: plain,
        process: { about: { ...aboutServer('quiz'), upstream: 'http://elsewhere:1' }, figures: () => ({}) },
      });
      first.store.close();
      const row = { server: 'quiz', running: true, endedAt: undefined, upstream: 'http://elsewhere:1' };
      expect(fleet.read((reader) => reader.processes())).toMatchObject([row]);
      second.close();
      expect(fleet.read((reader) => reader.processes())).toMatchObject([
        { server: 'quiz', running: false, endedAt: first.talk.clock.now() },
      ]);
      fleet.add('quiz');
      expect(fleet.read((reader) => reader.processes())).toMatchObject([
        { ...row, upstream: 'http://quiz.internal:3000' },
      ]);
    });
  });

  it('leave their row to the one that has taken their name, also while something of theirs is under way', () => {
    withFleet((fleet) => {
      const { store: before } = fleet.add('quiz', () => ({ upstreamFailingSince: 1 }));
      const about = { ...aboutServer('quiz'), upstream: 'http://elsewhere:1' };
      fleet.file.server({ server: 'quiz', privacy: plain, process: { about, figures: () => ({}) } });
      before.announce();
      fleet.pass(1_000);
      expect(fleet.read((reader) => reader.processes())).toMatchObject([{ upstream: about.upstream, figures: {} }]);
    });
  });

  it('hear of a fault once, and each operation that it costs is counted, in the file too', () => {
    withFleet((fleet, path) => {
      const all = ['a', 'b', 'c', 'd'].map((name) => fleet.add(name));
      using other = new DatabaseSync(path);
      other.exec('BEGIN EXCLUSIVE');
      for (const { talk } of all) for (let call = 0; call < 3_000; call++) talk.call('s');
      for (let time = 0; time < 4; time++) fleet.pass(5_000);
      // Three use the room of 10 000. The fourth is sure of a quarter of it.
      expect(fleet.lost()).toBe(500);
      other.exec('COMMIT');
      fleet.pass(60_000);
      expect(fleet.said).toEqual([
        expect.stringMatching(/^the store waits: /),
        'the store works again: 500 operations are not in it',
      ]);
      for (const { talk } of all) talk.call('s');
      fleet.pass(1_000);
      expect(fleet.read((reader) => reader.contents())).toMatchObject({ operations: 11_504, notStored: 500 });
      expect(fleet.read((reader) => reader.counts({})).filter(({ what }) => what === 'not-stored')).toEqual([
        { server: 'd', client: undefined, what: 'not-stored', number: 500 },
      ]);
    });
  });

  it('stay whole when the transaction of all fails in one of them: what was to be written is written later, once', () => {
    withFleet((fleet, path) => {
      const [quiz, files] = [fleet.add('quiz'), fleet.add('files')];
      for (const { talk } of [quiz, files]) {
        talk.initialize('same');
        talk.call('same', 'grade');
      }
      const full = Object.assign(new Error('database or disk is full'), { errcode: 13 });
      files.store.ask({
        clients: function* () {
          yield* files.talk.tracker.registry.clients.states();
          throw full;
        },
      });
      fleet.pass(1_000);
      for (const table of ['operations', 'kinds', 'sessions', 'clients', 'traits', 'marks'])
        expect(rowsOf(path, `SELECT count(*) AS n FROM ${table}`), table).toEqual([{ n: 0 }]);
      files.store.ask({ clients: () => files.talk.tracker.registry.clients.states() });
      // SQLite gives the ids that were taken back out again.
      using other = startRig(path);
      other.talk.initialize('another', { name: 'openai-mcp', version: '1' });
      for (const tool of ['one', 'two', 'three']) other.talk.call('another', tool);
      other.store.close();
      fleet.pass(2_000);
      expect(fleet.read(told)).toMatchObject([
        { server: 'files', operations: 2 },
        { server: 'quiz', operations: 2 },
        { server: SERVER, operations: 4 },
      ]);
      const session = fleet.read((reader) => reader.sessions({ server: 'quiz' })[0]);
      if (session === undefined) throw new Error('there is one');
      const operations = fleet.read((reader) => reader.operationsOf(session));
      expect(operations.map(({ method, target, client }) => [method, target, client])).toEqual([
        ['initialize', undefined, 'cursor'],
        ['tools/call', 'grade', 'cursor'],
      ]);
      expect(rowsOf(path, 'SELECT count(*) AS n FROM operations')).toEqual([{ n: 8 }]);
      // One of each process.
      expect(rowsOf(path, 'SELECT count(*) AS n FROM marks')).toEqual([{ n: 2 }]);
      expect([fleet.said, fleet.lost()]).toEqual([[], 0]);
    });
  });

  it('are told once that the file cannot be used, and each operation is counted', () => {
    using folder = temporaryFolder();
    using fleet = startFleet(folder.path);
    for (const name of ['a', 'b', 'c']) fleet.add(name).talk.initialize('s');
    fleet.pass(60_000);
    expect(fleet.said).toEqual([expect.stringMatching(/^the store is off: .* is a folder; /)]);
    expect([fleet.file.off, fleet.lost()]).toEqual([true, 3]);
  });

  it('remember each what was learned of it before, also those that come later', () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    {
      using fleet = startFleet(path);
      const [quiz, files] = [fleet.add('quiz'), fleet.add('files')];
      quiz.talk.initialize('s', { name: 'cursor-vscode', version: '1' });
      quiz.talk.call('s', 'grade');
      files.talk.initialize('s', { name: 'openai-mcp', version: '2' });
      files.talk.call('s', 'read');
    }
    using fleet = startFleet(path);
    const [files, quiz, fresh] = ['files', 'quiz', 'new'].map((name) => {
      const { remembered } = fleet.add(name).store;
      fleet.pass(3_000);
      return { clients: remembered.clients.map(({ clientLabel }) => clientLabel), tools: remembered.tools };
    });
    expect([quiz, files, fresh]).toEqual([
      { clients: ['cursor'], tools: ['grade'] },
      { clients: ['chatgpt'], tools: ['read'] },
      { clients: [], tools: [] },
    ]);
  });

  it('are all written anew when somebody deletes the file', () => {
    withFleet((fleet, path) => {
      const all = [fleet.add('quiz'), fleet.add('files')];
      for (const { talk } of all) talk.initialize('s');
      fleet.pass(1_000);
      for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`);
      fleet.pass(30_000);
      for (const { talk } of all) talk.call('s');
      fleet.pass(1_000);
      expect(fleet.read(told)).toMatchObject([
        { server: 'files', operations: 1 },
        { server: 'quiz', operations: 1 },
      ]);
      expect([fleet.opened(), fleet.said]).toEqual([2, []]);
    });
  });
});

describe('a hundred servers', () => {
  const NAMES = Array.from({ length: 100 }, (_, index) => `server-${String(index).padStart(2, '0')}`);

  it.runIf(process.platform === 'linux')('use one connection, and the descriptors of one server', () => {
    const inUse = (path: string): number => {
      const links = readdirSync('/proc/self/fd').map((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`);
        } catch {
          // The one that reads the folder is closed by now.
          return '';
        }
      });
      return links.filter((link) => link.startsWith(path)).length;
    };
    withFleet((fleet, path) => {
      const speak = ({ talk }: Served) => {
        talk.initialize('same');
        talk.call('same');
      };
      speak(fleet.add('one'));
      fleet.pass(1_000);
      const before = inUse(path);
      expect(before).toBeGreaterThan(0);
      for (const name of NAMES) speak(fleet.add(name));
      fleet.pass(1_000);
      expect([inUse(path), fleet.opened()]).toEqual([before, 1]);
      expect(fleet.read((reader) => reader.contents())).toMatchObject({ sessions: 101, operations: 202 });
    });
  });

  it('have a row each, of one process, which is kept up to date while nothing happens', () => {
    let restarts = 0;
    withFleet((fleet) => {
      for (const name of NAMES) fleet.add(name, () => ({ observerRestarts: restarts }));
      restarts = 2;
      fleet.pass(10_000);
      const processes = fleet.read((reader) => reader.processes());
      expect(processes.map(({ server }) => server)).toEqual(NAMES);
      expect(new Set(processes.map(({ instance }) => instance)).size).toBe(1);
      for (const { running, figures } of processes) expect([running, figures]).toEqual([true, { observerRestarts: 2 }]);
    });
  });

  it('keep their rows however many processes ended before, of which the latest are kept', () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    startFleet(path).file.close();
    const db = new DatabaseSync(path);
    const row = db.prepare(`INSERT INTO processes VALUES (?, 1, 'old', 'http', '', '', '', '{}', 0, ?, ?, '{}')`);
    for (let index = 0; index < 300; index++) row.run(`old-${index}`, index + 1, index + 1);
    db.close();
    using fleet = startFleet(path);
    for (const name of NAMES) fleet.add(name);
    // What is too much is deleted once a minute.
    for (let time = 0; time < 7; time++) {
      fleet.pass(10_000);
      fleet.add(`later-${time}`).talk.initialize('s');
    }
    fleet.pass(1_000);
    const [{ processes, rows } = {}] = rowsOf(
      path,
      'SELECT count(DISTINCT instance) AS processes, count(*) AS rows FROM processes',
    );
    expect([processes, rows]).toEqual([200, 199 + 107]);
    expect(fleet.read((reader) => reader.processes()).filter(({ running }) => running)).toHaveLength(107);
  });

  it('announce what they have to say together, soon, though one of them has something to say all the time', () => {
    withFleet((fleet) => {
      let failed = 0;
      const { store } = fleet.add('flapping', () => ({ upstreamRequestsFailed: failed }));
      for (const name of NAMES) fleet.add(name);
      for (failed = 1; failed <= 5; failed++) {
        store.announce();
        fleet.pass(200);
      }
      const [row] = fleet.read((reader) => reader.processes().filter(({ server }) => server === 'flapping'));
      expect(row?.figures['upstreamRequestsFailed']).toBeGreaterThan(1);
    });
  });
});

it('a store in memory is shared by several servers, too', () => {
  const clock = manualClock();
  const timers = timersByHand(() => clock.now());
  const { file, reader } = openMemoryFile({
    maxBytes: 1_048_576,
    days: 7,
    timers,
    skew: () => 0,
    say: (line) => expect.fail(line),
    onLost: () => expect.fail('nothing is lost'),
  });
  for (const server of ['quiz', 'files'])
    startConversation({ server, clock, record: file.server({ server, privacy: plain }) }).initialize('same');
  clock.advance(1_000);
  timers.run();
  expect(told(reader)).toMatchObject([{ server: 'files' }, { server: 'quiz' }]);
  file.close();
});
