import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { openToWrite } from '../../src/store/database.ts';
import { openReader } from '../../src/store/reader.ts';
import { SCHEMA_VERSION } from '../../src/store/schema.ts';
import { request, result } from '../support/conversation.ts';
import { readerOf, rowsOf, startRig, temporaryFolder, type Rig } from './store-rig.ts';

const [OLD, LATER, UNMARKED, LATEST, ONE_SERVER] = [1, 3, 4, 5, 8].map((version) =>
  readFileSync(join(import.meta.dirname, `schema-${version}.sql`), 'utf8'),
);

function makeOld(path: string, sql = OLD): void {
  const db = new DatabaseSync(path);
  db.exec(sql ?? '');
  db.close();
}

/** A conversation beside a store that may be off. */
function speak({ talk, pass }: Rig): void {
  talk.initialize('a-session');
  for (let second = 0; second < 20; second++) {
    talk.call('a-session');
    pass(1_000);
  }
}

describe('the file', () => {
  it('is made with its folders, for its user alone, and so is what SQLite puts beside it', () => {
    using folder = temporaryFolder();
    const path = folder.in('state/mcpspan/store.db');
    using rig = startRig(path);
    rig.talk.initialize('a-session');
    rig.store.flush();
    for (const file of [path, `${path}-wal`, `${path}-shm`])
      expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(dirname(path)).mode & 0o777).toString(8)).toBe('700');
  });

  it('keeps the mode that its user gave it', () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    writeFileSync(path, '');
    chmodSync(path, 0o640);
    using rig = startRig(path);
    expect(rig.said).toEqual([]);
    expect((statSync(path).mode & 0o777).toString(8)).toBe('640');
  });

  it('is one, with nothing beside it, when the store is closed', () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    const rig = startRig(path);
    rig.talk.initialize('a-session');
    rig.store.close();
    expect([path, `${path}-wal`, `${path}-shm`].map((file) => existsSync(file))).toEqual([true, false, false]);
    expect(readerOf(path).sessions({})).toHaveLength(1);
  });

  it('is made anew when somebody deletes it', () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'));
    rig.talk.initialize('a-session');
    rig.store.flush();
    for (const end of ['', '-wal', '-shm']) rmSync(`${rig.path}${end}`);
    rig.pass(30_000);
    rig.talk.call('a-session');
    expect(rig.read((reader) => reader.sessions({}))).toMatchObject([{ id: 'a-session', operations: 1 }]);
    expect(rig.said).toEqual([]);
  });
});

describe('an older schema', () => {
  it('is brought up to date by who writes, and nothing in it is lost', () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    makeOld(path);
    using rig = startRig(path, { store: { server: 'quiz' } });
    expect(rig.said).toEqual([]);
    expect(rowsOf(path, 'PRAGMA user_version')).toEqual([{ user_version: SCHEMA_VERSION }]);
    expect(rig.store.remembered.clients).toEqual([{ clientLabel: 'chatgpt', traits: { verdict: 'per-call' } }]);
    using reader = readerOf(path, () => Date.UTC(2026, 0, 1));
    expect(reader.clients({})).toMatchObject([{ client: 'chatgpt', handshakes: 1, failed: 1, avoidableHandshakes: 1 }]);
    expect(reader.counts({})).toContainEqual(expect.objectContaining({ what: 'handshake-avoidable', number: 3 }));
    const [session] = reader.findSessions('an-old');
    if (session === undefined) throw new Error('the old session is gone');
    expect(reader.operationsOf(session)).toMatchObject([
      { method: 'initialize', seconds: 0.03 },
      { method: 'tools/call', target: 'grade', outcome: 'tool-error', message: 'said' },
    ]);
  });

  it('that counted every call that went wrong as an error has them told apart', () => {
    using folder = temporaryFolder();
    makeOld(folder.in('store.db'), LATER);
    using reader = readerOf(folder.in('store.db'), () => Date.UTC(2026, 0, 1));
    const [good, session] = reader.sessions({}).toSorted((a, b) => a.operations - b.operations);
    if (session === undefined) throw new Error('the old session is gone');
    const told = reader.operationsOf(session).map(({ method, outcome, code, failed, rejected, attempt }) => {
      const what = [method, outcome, code, attempt === 'retry' ? 'retry' : undefined];
      return [what.filter((part) => part !== undefined).join(' '), failed ? 'failed' : rejected ? 'rejected' : ''];
    });
    expect(told).toEqual([
      ['initialize ok', ''],
      ['tools/call tool-error', 'failed'],
      ['tools/call rpc-error -32603', 'failed'],
      ['tools/call rpc-error -32602', 'rejected'],
      ['tools/call refused 429', 'rejected'],
      ['tools/call failed 503', 'failed'],
      ['tools/call cancelled', ''],
      ['tools/call lost', 'failed'],
      // A tool that the server does not have.
      ['tools/call tool-error', 'rejected'],
      // Turned away at the door.
      ['tools/call refused 401', ''],
      ['tools/call rpc-error -32001', ''],
      ['prompts/get rpc-error -32602', 'rejected'],
      ['server/discover rpc-error -32601', ''],
      ['roots/list rpc-error -32601', 'failed'],
      ['tools/call tool-error retry', 'failed'],
    ]);
    // Of three operations that are deleted, two were calls, and one was an error.
    expect(session).toMatchObject({ operations: 18, toolCalls: 10, failed: 7, rejected: 4 });
    expect(good).toMatchObject({ operations: 1, toolCalls: 0, failed: 0, rejected: 0 });
    expect(reader.clients({})).toMatchObject([{ toolCalls: 8, failed: 5, rejected: 3 }]);
    expect(rowsOf(folder.in('store.db'), 'SELECT sum(turned_away) AS n FROM kinds')).toEqual([{ n: 2 }]);
  });

  it('that marked no repeated calls has none, and takes them', () => {
    using folder = temporaryFolder();
    makeOld(folder.in('store.db'), UNMARKED);
    using rig = startRig(folder.in('store.db'), { store: { server: 'quiz' } });
    rig.talk.initialize('new');
    for (let time = 0; time < 5; time++) rig.talk.call('new');
    rig.store.flush();
    using reader = readerOf(folder.in('store.db'), () => Date.UTC(2026, 0, 1));
    const [old] = reader.findSessions('an-old');
    if (old === undefined) throw new Error('the old session is gone');
    expect(reader.operationsOf(old)).toMatchObject([{ target: 'search', message: 'said', repeat: undefined }]);
    expect(reader.repeats({})).toMatchObject([{ client: 'cursor', tool: 'quiz', calls: 5 }]);
  });

  it('that kept no contracts of tools knows those that are listed from now on', () => {
    using folder = temporaryFolder();
    makeOld(folder.in('store.db'), LATEST);
    using rig = startRig(folder.in('store.db'), { store: { server: 'quiz' } });
    const list = (description: string) =>
      rig.talk.ask(request(1, 'tools/list'), result(1, { tools: [{ name: 'search', description }] }));
    list('one');
    list('two');
    rig.store.flush();
    using reader = readerOf(folder.in('store.db'), () => Date.UTC(2026, 0, 1));
    expect(reader.toolChanges({})).toMatchObject([{ tool: 'search', kinds: ['description'] }]);
    expect(reader.tools({})).toMatchObject([{ tool: 'search', definition: { versions: 3 } }]);
  });

  it('that recorded no attempts to connect has none, and takes them', () => {
    using folder = temporaryFolder();
    makeOld(folder.in('store.db'), LATEST);
    using rig = startRig(folder.in('store.db'), { store: { server: 'quiz' } });
    rig.talk.post(request(1, 'initialize')).answer(401);
    rig.store.flush();
    using reader = readerOf(folder.in('store.db'), () => Date.UTC(2026, 0, 1));
    expect(reader.findSessions('an-old')).toHaveLength(1);
    expect(reader.journeys({})).toMatchObject([{ furthest: 'challenge', state: 'open' }]);
  });

  it('that knew one server of each process knows these processes, and takes several servers of one', () => {
    using folder = temporaryFolder();
    makeOld(folder.in('store.db'), ONE_SERVER);
    const about = {
      instance: 'an-instance',
      pid: 42,
      server: 'files',
      transport: 'http',
      version: '2.0.0',
      address: '',
      upstream: '',
      exports: {},
      startedAt: Date.UTC(2026, 0, 1),
    } as const;
    using rig = startRig(folder.in('store.db'), { store: { process: { about, figures: () => ({}) } } });
    expect(rig.said).toEqual([]);
    using reader = readerOf(folder.in('store.db'), () => Date.UTC(2026, 0, 1));
    expect(reader.processes()).toMatchObject([
      { instance: 'another-instance', server: 'quiz', transport: 'stdio', running: true },
      { instance: 'an-instance', server: 'files', version: '2.0.0', running: true },
      {
        instance: 'an-instance',
        pid: 42,
        server: 'quiz',
        version: '1.2.3',
        upstream: 'http://127.0.0.1:3000',
        exports: { traces: 'http://collector:4318' },
        startedAt: 1_767_225_600_000,
        seenAt: 1_767_225_601_000,
        endedAt: 1_767_225_602_000,
        figures: { observerRestarts: 1 },
      },
    ]);
  });

  it('has all that a new one has', () => {
    using folder = temporaryFolder();
    makeOld(folder.in('old.db'));
    makeOld(folder.in('latest.db'), ONE_SERVER);
    for (const name of ['old.db', 'latest.db', 'new.db']) openToWrite(folder.in(name)).close();
    const shape = (name: string) =>
      rowsOf(
        folder.in(name),
        `SELECT tables.name AS "table", columns.name, columns.type, columns."notnull", columns.pk
         FROM sqlite_schema AS tables JOIN pragma_table_info(tables.name) AS columns ORDER BY 1, columns.cid`,
      );
    expect(shape('old.db')).toEqual(shape('new.db'));
    expect(shape('latest.db')).toEqual(shape('new.db'));
    expect(shape('new.db').length).toBeGreaterThan(50);
  });

  it('is brought up to date by who reads, too', () => {
    using folder = temporaryFolder();
    makeOld(folder.in('store.db'));
    using reader = readerOf(folder.in('store.db'));
    expect(reader.tools({})).toMatchObject([{ tool: 'grade', calls: 1 }]);
  });
});

describe('a file that cannot be used', () => {
  it.each<[string, (path: string) => unknown, RegExp]>([
    [
      'is not a database',
      (path) => writeFileSync(path, 'my notes '.repeat(1_000)),
      /is not a database; move the file away/,
    ],
    [
      'is damaged',
      (path) => {
        makeOld(path);
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0x5a, 2_000));
      },
      /is damaged; move the file away/,
    ],
    [
      'is cut short',
      (path) => {
        makeOld(path);
        truncateSync(path, 5_000);
      },
      /is damaged; move the file away/,
    ],
    [
      'belongs to another program',
      (path) => {
        const db = new DatabaseSync(path);
        db.exec('CREATE TABLE music (title TEXT); PRAGMA user_version = 2');
        db.close();
      },
      /is a database of another program; give --store another path/,
    ],
    [
      'was written by a newer version',
      (path) => {
        makeOld(path);
        const db = new DatabaseSync(path);
        db.exec('PRAGMA user_version = 99');
        db.close();
      },
      /was written by a newer mcpspan \(schema 99, this one knows \d+\); update mcpspan/,
    ],
    ['is a folder', (path) => mkdirSync(path), /is a folder; name a file in it/],
    ['is in a file', (path) => writeFileSync(dirname(path), ''), /has a file where a folder should be/],
  ])('that %s turns the store off: said once, counted, and left as it is', (_, make, sentence) => {
    using folder = temporaryFolder();
    const path = folder.in('a/store.db');
    mkdirSync(dirname(path));
    if (_ === 'is in a file') rmSync(dirname(path), { recursive: true });
    make(path);
    const before = statSync(path, { throwIfNoEntry: false })?.isFile() === true ? readFileSync(path) : undefined;
    const rig = startRig(path);
    speak(rig);
    rig.store.close();
    expect(rig.said).toEqual([expect.stringMatching(sentence)]);
    expect(rig.said[0]).toMatch(/^the store is off: .*; traffic and telemetry go on$/);
    expect(rig.lost()).toBe(21);
    if (before !== undefined) expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('by who reads is told with what to do', () => {
    using folder = temporaryFolder();
    const sentence = (name: string) => {
      const opened = openReader(folder.in(name), Date.now);
      return opened.kind === 'trouble' ? opened.sentence : '';
    };
    writeFileSync(folder.in('notes'), 'my notes '.repeat(1_000));
    writeFileSync(folder.in('empty'), '');
    expect(sentence('none')).toBe(
      `the store ${folder.in('none')} is not there yet; run mcpspan first (mcpspan --upstream URL, or mcpspan demo)`,
    );
    expect(sentence('notes')).toMatch(/is not a database; move the file away/);
    expect(sentence('empty')).toMatch(/is empty; run mcpspan/);
    expect(existsSync(folder.in('none'))).toBe(false);
  });

  it('any more, since it was damaged while it was open, turns the store off then', () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    const first = startRig(path);
    for (let call = 0; call < 2_000; call++) first.talk.call(`s-${call % 50}`);
    first.store.close();
    const rig = startRig(path);
    writeFileSync(path, readFileSync(path).fill(0x5a, 4_096));
    speak(rig);
    rig.store.close();
    expect(rig.said).toEqual([expect.stringMatching(/^the store is off: .* is damaged; /)]);
    expect(rig.lost()).toBe(21);
  });
});

describe('a file that another program locks', () => {
  it('is waited for: said once, and what waited is written in the end', () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'));
    using other = new DatabaseSync(rig.path);
    other.exec('BEGIN EXCLUSIVE');
    speak(rig);
    expect(rig.said).toEqual([
      `the store waits: ${rig.path} is locked by another program; end what holds it; traffic and telemetry go on`,
    ]);
    other.exec('COMMIT');
    rig.pass(60_000);
    expect(rig.said.slice(1)).toEqual(['the store works again: 0 operations are not in it']);
    expect([rig.lost(), rig.read((reader) => reader.contents().operations)]).toEqual([0, 21]);
  });

  it('for a moment is not worth a word', () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'));
    using other = new DatabaseSync(rig.path);
    other.exec('BEGIN EXCLUSIVE');
    rig.talk.initialize('a-session');
    rig.pass(1_000);
    other.exec('COMMIT');
    rig.pass(5_000);
    expect([rig.said, rig.lost(), rig.rows('SELECT count(*) AS n FROM operations')]).toEqual([[], 0, [{ n: 1 }]]);
  });

  it('for long costs what is new, which is counted, also in the store', () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'));
    using other = new DatabaseSync(rig.path);
    other.exec('BEGIN EXCLUSIVE');
    rig.talk.initialize('a-session');
    for (let call = 0; call < 10_049; call++) rig.talk.call('a-session');
    rig.pass(10_000);
    rig.pass(10_000);
    expect(rig.lost()).toBe(50);
    other.exec('COMMIT');
    rig.pass(60_000);
    expect(rig.said).toEqual([
      expect.stringMatching(/^the store waits: /),
      'the store works again: 50 operations are not in it',
    ]);
    expect(rig.read((reader) => reader.contents())).toMatchObject({ operations: 10_000, notStored: 50 });
  });

  it('for good is said at the end, with what is lost', () => {
    using folder = temporaryFolder();
    const rig = startRig(folder.in('store.db'));
    using other = new DatabaseSync(rig.path);
    other.exec('BEGIN EXCLUSIVE');
    rig.talk.initialize('a-session');
    rig.store.close();
    expect(rig.said).toEqual([
      `1 operation is not in the store: ${rig.path} is locked by another program; end what holds it`,
    ]);
    expect(rig.lost()).toBe(1);
  });

  it('is readable all the same', () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'));
    rig.talk.initialize('a-session');
    rig.store.flush();
    using other = new DatabaseSync(rig.path);
    other.exec('BEGIN IMMEDIATE');
    using reader = readerOf(rig.path);
    expect(reader.sessions({})).toHaveLength(1);
  });
});
