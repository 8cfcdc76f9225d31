import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../src/session/people.ts';
import { writeProofs } from '../../src/store/proof-rows.ts';
import { MODERN, request, result, SERVER, toolCall, type Fields } from '../support/conversation.ts';
import { startRig, temporaryFolder, withRig, type Rig } from './store-rig.ts';

const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'zed', version: '2' },
};
const HEADERS = { 'MCP-Protocol-Version': MODERN, 'Mcp-Method': 'tools/call' };
const GOOD = { resultType: 'complete', _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'quiz' } } };
const modernCall = (rig: Rig, own: Fields = {}): unknown =>
  rig.talk.ask(toolCall(1, 'quiz', { _meta: META, ...own }), result(1, GOOD), HEADERS);

describe('what says whether sessions can be switched off', () => {
  it('is what each client did in each era, with its versions', () => {
    withRig((rig) => {
      const { talk, read } = rig;
      talk.initialize('s', { name: 'cursor-vscode', version: '1.2' });
      for (let time = 0; time < 3; time++) talk.call('s');
      modernCall(rig);
      talk.call(undefined, 'quiz', { 'User-Agent': 'agent/1.0' });
      const [figures] = read((reader) => reader.ready({}));
      expect(figures).toMatchObject({ server: SERVER, calls: 5, speaksModern: true });
      expect(figures?.clients).toMatchObject([
        {
          client: 'cursor',
          legacy: { requests: 4, calls: 3, versions: ['1.2'] },
          modern: { requests: 0, calls: 0, firstAt: undefined },
          callsInSessions: 3,
          initializes: 1,
        },
        { client: 'agent', legacy: { calls: 1 }, callsInSessions: 0, initializes: 0 },
        { client: 'zed', legacy: { requests: 0 }, modern: { requests: 1, calls: 1, versions: ['2'] } },
      ]);
    });
  });

  it('leaves out scanners, probes, and who got no answer', () => {
    withRig(({ talk, read }) => {
      talk.call(undefined, 'quiz', { 'Mcpspan-Probe': '1', 'User-Agent': 'cursor/1' });
      talk.post(toolCall(1), { 'User-Agent': 'nosy/1' }).answer(401);
      talk.initialize('s', { name: 'mcp-remote-fallback-test', version: '0' });
      expect(read((reader) => reader.ready({}))).toMatchObject([{ clients: [], calls: 0 }]);
    });
  });

  it('knows who asked for the new revision first, and that the server refused', () => {
    withRig(({ talk, read }) => {
      talk.post(request(1, 'server/discover', { _meta: META }), { 'User-Agent': 'zed/2' }).answer(400, 'no session');
      talk.initialize('s', { name: 'zed', version: '2' }, { 'User-Agent': 'zed/2' });
      talk.call('s');
      expect(read((reader) => reader.ready({}))).toMatchObject([
        { speaksModern: false, clients: [{ client: 'zed', refusedDiscovers: 1, initializes: 1 }] },
      ]);
    });
  });

  it('counts broken rules by the day, and forgets them with the rest', () => {
    withRig((rig) => {
      const { talk, read, pass } = rig;
      for (let time = 0; time < 3; time++) modernCall(rig);
      const [lint] = read((reader) => reader.ready({})[0]?.lint ?? []);
      expect(lint).toMatchObject({
        client: 'zed',
        rule: 'name-header',
        method: 'tools/call',
        seen: 'nothing',
        number: 3,
      });
      const lastAt = lint?.lastAt ?? 0;
      pass(2 * DAY_MS);
      modernCall(rig);
      expect(read((reader) => reader.ready({ since: talk.clock.now() - 1_000 })[0]?.lint)).toMatchObject([
        { number: 1 },
      ]);
      expect(read((reader) => reader.ready({})[0]?.lint)).toMatchObject([{ number: 4 }]);
      expect(lastAt).toBeLessThan(talk.clock.now());
      pass(8 * DAY_MS);
      talk.call(undefined);
      expect(read((reader) => reader.ready({})[0]?.lint)).toEqual([]);
    });
  });

  it('has what a probe has proven, the latest of each tool', () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'));
    rig.talk.initialize('s');
    rig.talk.call('s');
    const proof = { tool: 'quiz', mode: 'no-session-id' } as const;
    const about = { server: SERVER, speaksModern: true };
    writeProofs(rig.path, { ...about, proofs: [{ ...proof, verdict: 'depends' }] }, 1_000_000);
    expect(rig.read((reader) => reader.ready({}))).toMatchObject([
      { speaksModern: true, proofs: [{ tool: 'quiz', verdict: 'depends', mode: 'no-session-id', at: 1_000 }] },
    ]);
    writeProofs(rig.path, { ...about, proofs: [{ ...proof, verdict: 'independent' }] }, 2_000_000);
    writeProofs(rig.path, { ...about, server: 'another', proofs: [] }, 2_000_000);
    expect(rig.read((reader) => reader.ready({}))).toMatchObject([{ proofs: [{ verdict: 'independent', at: 2_000 }] }]);
  });

  it('is that of a period and a server', () => {
    withRig(({ talk, read, pass }) => {
      talk.initialize('s');
      talk.call('s');
      pass(3_600_000);
      talk.call(undefined, 'quiz', { 'User-Agent': 'agent/1.0' });
      const since = talk.clock.now() - 60_000;
      expect(read((reader) => reader.ready({ since }))).toMatchObject([{ calls: 1, clients: [{ client: 'agent' }] }]);
      expect(read((reader) => reader.ready({ server: 'another' }))).toEqual([]);
    });
  });
});

describe('people in the record', () => {
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}`, 'User-Agent': 'cursor/1' });

  it('go on after a restart, and are none of another server', () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    for (const tokens of [
      ['one', 'two'],
      ['two', 'three'],
    ]) {
      const rig = startRig(path, { remembers: true });
      for (const token of tokens) rig.talk.ask(toolCall(1), result(1), bearer(token));
      rig.store.close();
    }
    using rig = startRig(path, { remembers: true });
    expect(rig.read((reader) => reader.clients({}))).toMatchObject([{ client: 'cursor', people: 3 }]);
    expect(rig.read((reader) => reader.tools({}))).toMatchObject([
      { tool: 'quiz', people: 3, conversations: undefined },
    ]);
    expect(rig.read((reader) => reader.tools({ client: 'cursor' }))).toMatchObject([{ people: undefined }]);
    expect([...rig.talk.people.today(rig.talk.clock.now())]).toContainEqual(
      expect.objectContaining({ subject: 'server', number: 3 }),
    );
  });

  it('are hashed with a key of their own file, which is nowhere else', () => {
    using folder = temporaryFolder();
    const keys = ['a.db', 'b.db'].map((name) => {
      using rig = startRig(folder.in(name), { remembers: true });
      return rig.store.remembered.people?.key;
    });
    expect(keys[0]).toHaveLength(32);
    expect(keys[0]).not.toEqual(keys[1]);
  });

  it('are no longer written when another file stands at the path', () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'), { remembers: true });
    rig.talk.ask(toolCall(1), result(1), bearer('one'));
    rig.store.flush();
    for (const end of ['', '-wal', '-shm']) rmSync(`${rig.path}${end}`);
    rig.pass(30_000);
    rig.talk.ask(toolCall(1), result(1), bearer('two'));
    expect(rig.read((reader) => reader.clients({}))).toMatchObject([{ client: 'cursor', people: undefined }]);
  });
});
