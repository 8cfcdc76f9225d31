import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { runCli, startCli } from '../../e2e/cli.ts';
import { speakTo } from '../../e2e/speaker.ts';
import { startRig, temporaryFolder } from '../../store/store-rig.ts';
import { request, result, toolCall, type Conversation, type Fields } from '../../support/conversation.ts';
import { memoryShelf, startQuizServer } from '../../support/quiz-server.ts';
import { comparedIn, probeJson, runProbe } from './probe-run.ts';

const QUESTION = '00000000-1111-4222-8333-444444444444';
const say = (said: Fields): Fields => ({ content: [{ type: 'text', text: JSON.stringify(said) }] });

interface Recorder extends Disposable {
  readonly store: string;
  readonly talk: Conversation;
  /** A tool call of a session and its answer. */
  call(session: string, tool: string, given: Fields | undefined, said?: Fields): void;
  /** Writes what waits. */
  written(): void;
}

/** Records into a real store. */
function startRecorder(capture: readonly ('arguments' | 'results')[]): Recorder {
  const folder = temporaryFolder();
  const rig = startRig(folder.in('store.db'), {
    capture,
    privacy: { capture },
  });
  let id = 1;
  return {
    store: rig.path,
    talk: rig.talk,
    call(session, tool, given, said = {}) {
      id += 1;
      const asked =
        given === undefined ? request(id, 'tools/call', { name: tool }) : toolCall(id, tool, { arguments: given });
      rig.talk.ask(asked, result(id, say(said)), { 'Mcp-Session-Id': session });
      rig.talk.clock.advance(1_000);
    },
    written: () => rig.store.flush(),
    [Symbol.dispose]() {
      rig[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** A question is made, answered, and its answer looked up. */
function play({ talk, call, written }: Recorder, session = 'a-session'): void {
  talk.initialize(session, { name: 'cursor-vscode', version: '1.0.0' });
  talk.ask(request(1, 'tools/list'), result(1, { tools: [] }), { 'Mcp-Session-Id': session });
  call(session, 'create_question', { level: 'a1' }, { questionId: QUESTION });
  call(session, 'submit_answer', { questionId: QUESTION, answer: 'Haus' }, { right: true });
  call(session, 'get_latest_answer', undefined, { answers: ['Haus'] });
  written();
}

describe('probe with the calls of a recorded session', () => {
  it('repeats them with the ids of the new session, and finds that they depend on the session', async () => {
    using recorder = startRecorder(['arguments', 'results']);
    play(recorder);
    await using server = await startQuizServer();
    const wanted = { session: 'a-s', store: recorder.store, 'allow-writes': true };
    const { code, report } = await probeJson(server.url, wanted);
    expect(report.calls.map(({ title, outcome }) => `${title} ${outcome}`)).toEqual([
      'tools/list ok',
      'create_question ok',
      'submit_answer ok',
      'get_latest_answer ok',
    ]);
    expect(comparedIn(report, 'session-per-call')).toEqual({
      'tools/list': 'same',
      create_question: 'same',
      submit_answer: 'differs',
      get_latest_answer: 'differs',
    });
    expect(report.session).toMatchObject({ id: 'a-session', client: 'cursor', gone: 0, answersCaptured: true });
    expect(code).toBe(1);

    await using mended = await startQuizServer({ shelf: memoryShelf() });
    const { code: other, text } = await runProbe(mended.url, wanted);
    expect(text).toMatch(/^with the calls of session a-session \(cursor at quiz:3000, \d{4}-\d\d-\d\d \d\d:\d\d\)$/m);
    expect(text).toContain('4 of 4 calls compared, all alike');
    expect(other).toBe(0);
  });

  it('repeats only calls of read-only tools, unless it may write', async () => {
    using recorder = startRecorder(['arguments', 'results']);
    play(recorder);
    await using server = await startQuizServer();
    const { code, report } = await probeJson(server.url, { session: 'a-session', store: recorder.store });
    expect(new Set(server.called)).toEqual(new Set(['get_latest_answer']));
    expect(report.leftOut).toEqual([
      { what: 'create_question', why: expect.stringContaining('--allow-writes') },
      { what: 'submit_answer', why: expect.stringContaining('--allow-writes') },
    ]);
    expect(code).toBe(0);
  });

  it('tests nothing where every call but lists may change something', async () => {
    using recorder = startRecorder(['arguments']);
    recorder.talk.initialize('writes');
    recorder.talk.ask(request(1, 'tools/list'), result(1, { tools: [] }), { 'Mcp-Session-Id': 'writes' });
    recorder.call('writes', 'create_question', { level: 'a1' });
    recorder.written();
    await using server = await startQuizServer();
    const { code, text } = await runProbe(server.url, { session: 'writes', store: recorder.store });
    expect(text).toMatch(
      /Nothing tested: all calls of the session are left out: create_question: not marked read-only.*\n  → --allow-writes/,
    );
    expect([code, server.called]).toEqual([2, []]);
  });

  it('tests nothing where arguments were not captured, asks the server nothing, and says what to do', async () => {
    using recorder = startRecorder([]);
    play(recorder);
    await using server = await startQuizServer();
    const { code, report } = await probeJson(server.url, {
      session: 'a-session',
      store: recorder.store,
      'allow-writes': true,
    });
    expect(report).toMatchObject({
      verdict: 'nothing-tested',
      why: 'session a-session was recorded without the arguments of its 3 tool calls',
      cure: `record one with them: mcpspan --upstream URL --store ${recorder.store} --capture arguments,results`,
      measured: null,
    });
    expect([code, server.called, server.sessions.size]).toEqual([2, [], 0]);
  });

  it('repeats calls that were captured whole, and says what it leaves out', async () => {
    using recorder = startRecorder(['arguments', 'results']);
    recorder.talk.initialize('mixed');
    recorder.call('mixed', 'create_question', { level: 'a1', apiKey: 'geheim' });
    recorder.call('mixed', 'submit_answer', { questionId: 'x', answer: 'y'.repeat(5_000) });
    recorder.call('mixed', 'server_time', {});
    recorder.written();
    await using server = await startQuizServer();
    const { code, text } = await runProbe(server.url, {
      session: 'mixed',
      store: recorder.store,
      'allow-writes': true,
    });
    expect(text).toContain('1 of 1 calls compared, all alike');
    expect(text).toMatch(/^2 left out \(see below\)/m);
    expect(text).toMatch(/^ {2}create_question: a part of its arguments looked secret and was not captured$/m);
    expect(text).toMatch(/^ {2}submit_answer: its arguments were too long to be captured whole$/m);
    expect(text).not.toContain('geheim');
    expect(code).toBe(0);
  });

  it('says that no call can be repeated', async () => {
    using recorder = startRecorder(['arguments']);
    recorder.talk.initialize('secret');
    recorder.call('secret', 'create_question', { token: 'geheim' });
    recorder.written();
    const { code, text } = await runProbe('http://127.0.0.1:9/mcp', { session: 'secret', store: recorder.store });
    expect(text).toMatch(
      /Nothing tested: session secret holds no call .*: create_question: a part of its arguments looked secret/,
    );
    expect(code).toBe(2);
  });

  it('says what is missing where answers were not captured', async () => {
    using recorder = startRecorder(['arguments']);
    play(recorder);
    await using server = await startQuizServer({ shelf: memoryShelf() });
    const wanted = { session: 'a-session', store: recorder.store, 'allow-writes': true };
    const { text } = await runProbe(server.url, wanted);
    expect(text).toContain('its answers were not captured (--capture results): later calls send the ids of that time');
    expect(text).toContain('submit_answer fails even in one session (tool error: There is no such question.)');

    recorder.talk.initialize('stale');
    recorder.call('stale', 'submit_answer', { questionId: QUESTION, answer: 'Haus' });
    recorder.written();
    const stale = await probeJson(server.url, { ...wanted, session: 'stale' });
    expect(stale.report.why).toContain('every call fails even in one session');
    expect(stale.report.cure).toContain('--capture arguments,results');
    expect(stale.code).toBe(2);
  });

  it('says that the beginning of it is no longer in the store', async () => {
    using recorder = startRecorder(['arguments', 'results']);
    play(recorder);
    const db = new DatabaseSync(recorder.store);
    db.exec('DELETE FROM operations WHERE id IN (SELECT id FROM operations ORDER BY id LIMIT 3)');
    db.close();
    await using server = await startQuizServer();
    const { text } = await runProbe(server.url, { session: 'a-session', store: recorder.store });
    expect(text).toMatch(/^ {2}3 of its operations are no longer in the store/m);
  });

  it('accepts the activity of a client without sessions', async () => {
    using recorder = startRecorder(['arguments']);
    const asked = toolCall(1, 'get_latest_answer', { _meta: { 'openai/session': 'v1/talk' } });
    const operation = recorder.talk.ask(asked, result(1, say({ answers: [] })));
    recorder.written();
    await using server = await startQuizServer({ shelf: memoryShelf() });
    const trace = operation.session?.root.traceId.slice(0, 12) ?? '';
    const { code, report } = await probeJson(server.url, { session: trace, store: recorder.store });
    expect(report.calls.map(({ title }) => title)).toEqual(['get_latest_answer']);
    expect(code).toBe(0);
  });

  it('repeats a hundred calls at most', async () => {
    using recorder = startRecorder(['arguments']);
    recorder.talk.initialize('long');
    for (let count = 0; count < 103; count++) recorder.call('long', 'get_latest_answer', {});
    recorder.written();
    await using server = await startQuizServer({ shelf: memoryShelf() });
    const { report } = await probeJson(server.url, { session: 'long', store: recorder.store });
    expect(report.calls).toHaveLength(100);
    expect(report.leftOut).toEqual([
      { what: '3 more calls', why: 'only the first 100 calls of a session are repeated' },
    ]);
  });

  it('lists the sessions where several ids begin like this', async () => {
    using recorder = startRecorder(['arguments']);
    play(recorder, 'one-1');
    play(recorder, 'one-2');
    const { code, told, text } = await runProbe('http://127.0.0.1:9/mcp', { session: 'one', store: recorder.store });
    expect(told).toEqual([
      "mcpspan: --session: 2 ids begin with 'one', give more of the id:",
      expect.stringMatching(/^mcpspan: {3}one-2 {2}cursor, \d{4}-\d\d-\d\d \d\d:\d\d, 3 tool calls$/),
      expect.stringMatching(/^mcpspan: {3}one-1 {2}cursor, /),
    ]);
    expect([code, text]).toEqual([2, '']);
  });

  it.each<[what: string, wanted: { session?: string; calls?: string; store?: string }, said: RegExp]>([
    [
      'the session is in no store',
      { session: 'none' },
      /no session in .* begins with 'none'; mcpspan sessions --store .* lists/,
    ],
    [
      'the store is not there',
      { session: 'x', store: '/no/such/store.db' },
      /the store \/no\/such\/store\.db is not there yet/,
    ],
    ['there is a list of calls too', { session: 'x', calls: 'calls.json' }, /both give calls/],
  ])('says that %s', async (_what, wanted, said) => {
    using recorder = startRecorder(['arguments']);
    play(recorder);
    const { code, told } = await runProbe('http://127.0.0.1:9/mcp', { store: recorder.store, ...wanted });
    expect(told).toEqual([expect.stringMatching(said)]);
    expect(code).toBe(2);
  });

  it('says that the store is off', async () => {
    const { code, told } = await runProbe('http://127.0.0.1:9/mcp', { session: 'x' });
    expect(told).toEqual([expect.stringContaining('--store PATH')]);
    expect(code).toBe(2);
  });

  it('goes from a recording proxy to a verdict by the command line alone', async () => {
    using folder = temporaryFolder();
    const store = folder.in('record.db');
    await using server = await startQuizServer();
    await using proxy = await startCli(server.url, ['--store', store, '--capture', 'arguments,results']);
    const speaker = speakTo(proxy.url, { name: 'cursor-vscode', version: '1.0.0' });
    await speaker.open();
    const params = { name: 'create_question', arguments: { level: 'a1' } };
    await speaker.send({ id: 'made', method: 'tools/call', params });
    await speaker.call('get_latest_answer');
    await speaker.end();
    expect(await proxy.stop()).toBe(0);
    const session = ['--session', speaker.sessionId?.slice(0, 8) ?? '', '--store', store];
    await using probe = runCli(['probe', server.url, ...session, '--allow-writes', '--handshakes', '2', '--json']);
    expect(await probe.ended).toBe(0);
    expect(probe.stderr()).toMatch(/^mcpspan: remembered for 'mcpspan ready', as server [^\n]+\n$/);
    // What the command documents.
    const { calls } = JSON.parse(probe.stdout()) as { calls: { title: string; outcome: string }[] };
    expect(calls.map(({ title, outcome }) => [title, outcome])).toEqual([
      ['create_question', 'ok'],
      ['get_latest_answer', 'ok'],
    ]);
  });
});
