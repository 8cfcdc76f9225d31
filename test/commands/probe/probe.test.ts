import http from 'node:http';
import { describe, expect, it } from 'vitest';
import { startDualEraServer } from '../../support/dual-era-server.ts';
import { httpServer } from '../../support/listen.ts';
import { memoryShelf, startQuizServer, type QuizServerOptions } from '../../support/quiz-server.ts';
import { startTlsInFrontOf } from '../../support/tls-front.ts';
import { callsFile, comparedIn, probeJson, QUIZ_CALLS, runProbe } from './probe-run.ts';

const writing = { calls: callsFile(QUIZ_CALLS), 'allow-writes': true };
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const byConversation: QuizServerOptions['keyOf'] = ({ meta }) => String(meta['openai/session']);

/** A server that refuses whatever is not of the modern era. */
async function startModernOnly(upstream: string): Promise<{ url: string } & AsyncDisposable> {
  const server = await httpServer((request, response) => {
    if (request.headers['mcp-protocol-version'] !== '2026-07-28' || request.method !== 'POST') {
      request.resume();
      response.writeHead(request.method === 'POST' ? 400 : 405).end();
      return;
    }
    const onward = http.request(upstream, { method: 'POST', headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.once('error', () => response.destroy());
    request.pipe(onward);
  });
  return { ...server, url: `${server.url}/mcp` };
}

describe('probe', () => {
  it('finds state that is kept per session, says which calls need it, and ends with 1', async () => {
    await using server = await startQuizServer();
    const { code, report } = await probeJson(server.url, writing);
    expect(code).toBe(1);
    expect(report.verdict).toBe('depends');
    expect(report.calls.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
    expect(comparedIn(report, 'session-per-call')).toEqual({
      create_question: 'same',
      submit_answer: 'differs',
      get_latest_answer: 'differs',
    });
    expect(report.calls[2]?.compared['session-per-call']?.differences).toEqual([
      { path: 'content[0].text.answers', one: '["der Apfel"]', other: '[]' },
    ]);
    // Two rounds to learn, two to be sure.
    expect(report.rounds).toBe(4);
  });

  it('says it in words: the verdict first, the difference, what to do', async () => {
    await using server = await startQuizServer();
    const { code, text } = await runProbe(server.url, writing);
    expect(code).toBe(1);
    expect(text.split('\n')[2]).toBe('2 of 3 calls DEPEND ON THE SESSION: submit_answer, get_latest_answer');
    expect(text).toContain('    + session per call  tool error: There is no such question.');
    expect(text).toContain('    - one session       ["der Apfel"]');
    expect(text).toMatch(/What to do\n {2}→ Keep this state under .*the signed-in user/);
    expect(text.split('\n').filter((line) => line.length > 160)).toEqual([]);
  });

  it('says which calls prove nothing, since they fail anyway', async () => {
    await using server = await startQuizServer({ shelf: memoryShelf() });
    const failing = { tool: 'submit_answer', arguments: { questionId: 'x', answer: 'y' } };
    const calls = callsFile({ calls: [failing, { tool: 'get_latest_answer' }] });
    const { code, text } = await runProbe(server.url, { calls, 'allow-writes': true });
    expect(text).toContain('1 of 2 calls compared');
    expect(text).toContain('submit_answer fails even in one session (tool error: There is no such question.)');
    expect(code).toBe(0);
  });

  it('shows what a server says as text that does nothing', async () => {
    await using server = await startQuizServer({
      intercept: (request, body, response) => {
        if (!body.includes('"get_latest_answer"')) return false;
        response.writeHead(200, { 'content-type': 'application/json' });
        // The probe's own request.
        const { id } = JSON.parse(body) as { id: number };
        const said = `\u001B[2J\u0007 of\n${String(request.headers['mcp-session-id'])}\u202E`;
        const result = {
          content: [{ type: 'text', text: said }],
          isError: request.headers['mcp-session-id'] === undefined,
        };
        response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
        return true;
      },
    });
    const { code, text } = await runProbe(server.url, { calls: callsFile({ calls: [{ tool: 'get_latest_answer' }] }) });
    expect(code).toBe(1);
    expect(text).toContain('tool error: ');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('passes the same server once it keeps its state in a store that all sessions share', async () => {
    await using server = await startQuizServer({ shelf: memoryShelf() });
    const { code, report } = await probeJson(server.url, writing);
    expect(report.verdict).toBe('independent');
    expect(new Set(Object.values(comparedIn(report, 'session-per-call')))).toEqual(new Set(['same']));
    expect(code).toBe(0);
  });

  it('passes a server that keeps its state by conversation as ChatGPT, and only as such a client', async () => {
    await using server = await startQuizServer({ shelf: memoryShelf(), keyOf: byConversation, stateless: true });
    const asChatGpt = await probeJson(server.url, { ...writing, as: 'chatgpt-2025' });
    expect([asChatGpt.code, asChatGpt.report.verdict]).toEqual([0, 'independent']);

    await using strict = await startQuizServer({
      shelf: memoryShelf(),
      keyOf: ({ headers, meta }) => text(meta['openai/session']) ?? String(headers['mcp-session-id']),
    });
    const asNobody = await runProbe(strict.url, writing);
    expect(asNobody.code).toBe(1);
    expect(asNobody.text).toContain('--as chatgpt-2025');
    expect((await runProbe(strict.url, { ...writing, as: 'chatgpt-2025' })).code).toBe(0);
  });

  it('says that no call of a client without session ids gets through, which proves no dependence', async () => {
    await using server = await startQuizServer({ shelf: memoryShelf(), keyOf: byConversation });
    const { code, report } = await probeJson(server.url, { ...writing, as: 'chatgpt-2026' });
    expect(report.verdict).toBe('shut-out');
    expect(report.why).toMatch(/never sends a session id, .*: HTTP 400: .*Mcp-Session-Id/);
    expect(code).toBe(2);
    const inWords = await runProbe(server.url, { ...writing, as: 'chatgpt-2026' });
    expect(inWords.text.split('\n').slice(2, 5)).toEqual([
      'NO CALL OF chatgpt-2026 GETS THROUGH: it never sends a session id, and the server refuses calls without one.',
      'The server says: HTTP 400: Bad Request: Mcp-Session-Id header is required',
      'Within sessions, 3 of 3 calls were compared, all alike: no dependence found.',
    ]);
  });

  it('finds a dependence even where the client that is played is shut out', async () => {
    await using server = await startQuizServer();
    const { code, report } = await probeJson(server.url, { ...writing, as: 'chatgpt-2026' });
    expect([code, report.verdict]).toEqual([1, 'depends']);
  });

  it('says that no call of a client of the modern era gets through a server that does not know it', async () => {
    await using server = await startQuizServer();
    const { code, report, text } = await probeJson(server.url, { as: 'modern-stateless' });
    expect([code, report.verdict]).toEqual([2, 'shut-out']);
    expect(report.why).toContain('2026-07-28 only');
    expect(text).toContain('server/discover');
    await using both = await startDualEraServer();
    const known = await probeJson(both.url, { as: 'modern-stateless' });
    expect([known.code, known.report.verdict]).toEqual([0, 'independent']);
  });

  it('passes a server that keeps state by user, when told who calls', async () => {
    await using server = await startQuizServer({
      shelf: memoryShelf(),
      keyOf: ({ headers }) => headers.authorization ?? String(headers['mcp-session-id']),
    });
    expect((await runProbe(server.url, writing)).code).toBe(1);
    expect((await runProbe(server.url, { ...writing, header: ['Authorization: Bearer someone'] })).code).toBe(0);
  });

  it('calls only read-only tools unless it may write, and says what it left out', async () => {
    await using server = await startQuizServer();
    const { code, report } = await probeJson(server.url);
    expect(new Set(server.called)).toEqual(new Set(['get_latest_answer', 'server_time']));
    expect(report.leftOut.map(({ what }) => what)).toEqual(['create_question', 'submit_answer']);
    expect(report.leftOut[0]?.why).toContain('--allow-writes');
    expect([code, report.verdict]).toEqual([0, 'independent']);

    const listed = await probeJson(server.url, { calls: callsFile(QUIZ_CALLS) });
    expect(listed.report.leftOut.map(({ what }) => what)).toEqual(['create_question', 'submit_answer']);
    expect(listed.report.calls.map(({ title }) => title)).toEqual(['get_latest_answer']);
    expect(server.called).not.toContain('create_question');
  });

  it('proposes calls that write before those that read, when it may', async () => {
    await using server = await startQuizServer();
    const { report } = await probeJson(server.url, { 'allow-writes': true });
    const titles = report.calls.map(({ title }) => title);
    expect(titles).toEqual(['create_question', 'submit_answer', 'get_latest_answer', 'server_time']);
    // Nobody knows of the question that it made up.
    expect(report.calls[1]?.outcome).toBe('tool error');
  });

  it('does not report a difference that varies by itself', async () => {
    await using server = await startQuizServer();
    const { report } = await probeJson(server.url);
    expect(comparedIn(report, 'session-per-call')).toMatchObject({ server_time: 'same' });
  });

  it('finds nothing in a server without sessions', async () => {
    await using server = await startDualEraServer();
    const { code, report } = await probeJson(server.url);
    expect(report.calls.map(({ title }) => title)).toEqual(['add']);
    expect(comparedIn(report, 'modern')).toEqual({ add: 'same' });
    expect(comparedIn(report, 'no-session-id')).toEqual({ add: 'same' });
    expect(report.measured.sessions).toBeNull();
    expect(code).toBe(0);
  });

  it('measures a slow handshake, and says which clients pay for it', async () => {
    await using server = await startQuizServer({ initializeMs: 800, shelf: memoryShelf() });
    const calls = callsFile({ calls: [{ tool: 'get_latest_answer' }] });
    const { code, report } = await probeJson(server.url, { calls, handshakes: 2 });
    expect(code).toBe(0);
    expect(report.measured.handshakes.p50Ms).toBeGreaterThanOrEqual(790);
    const remark = report.measured.remarks.find(({ what }) => what === 'initialize');
    expect(remark?.cure).toMatch(/a session per call waits \d[\d.]* m?s more at every call/);
  });

  it('finds that a deleted session lives on', async () => {
    await using server = await startQuizServer({ leaks: true });
    const { report } = await probeJson(server.url);
    expect(report.measured.sessions).toMatchObject({
      opened: 6,
      answering: 6,
      deleteStatus: 200,
      outlivesDelete: true,
    });
    expect(report.measured.remarks.find(({ what }) => what === 'DELETE')?.cure).toContain('leak');
  });

  it('finds that new sessions end old ones', async () => {
    await using server = await startQuizServer({ mostSessions: 3 });
    const { report } = await probeJson(server.url);
    expect(report.measured.sessions).toMatchObject({ opened: 6, answering: 3 });
  });

  it('ends every session that it opened', async () => {
    await using server = await startQuizServer();
    const { report } = await probeJson(server.url, writing);
    expect(report.measured).toMatchObject({
      handshakes: { method: 'initialize', count: 6 },
      sessions: { opened: 6, answering: 6, deleteStatus: 200, outlivesDelete: false },
      atOnce: { clients: 5, answered: 5, distinctIds: 5 },
      deadSessionStatus: 404,
      get: { status: 200, stream: true },
    });
    expect(server.sessions.size).toBe(0);
  });

  it('stops on request, and then gives no verdict', async () => {
    const stop = Promise.withResolvers<void>();
    await using server = await startQuizServer({
      intercept: (_request, body) => {
        if (!body.includes('"tools/call"')) return false;
        // Never answered.
        stop.resolve();
        return true;
      },
    });
    const { code, text, told } = await runProbe(server.url, {}, stop.promise);
    expect([code, text, told]).toEqual([2, '', ['mcpspan: stopped before the end: no result']]);
  });

  it('reports its progress', async () => {
    await using server = await startQuizServer();
    const { progress } = await runProbe(server.url, writing);
    expect(progress).toContain('round 1, session per call: 3 of 3 calls');
    expect(progress.at(-1)).toBeUndefined();
  });

  it('compares connections where there are no sessions at all', async () => {
    await using modern = await startDualEraServer();
    await using only = await startModernOnly(modern.url);
    const { code, report } = await probeJson(only.url);
    expect(report.calls.map(({ compared }) => compared)).toEqual([
      { 'connection-per-call': expect.objectContaining({ kind: 'same' }) },
    ]);
    expect(report.measured.handshakes).toMatchObject({ method: 'server/discover', count: 6 });
    expect(report.measured.get).toEqual({ status: 405, stream: false });
    expect(code).toBe(0);
  });

  it('finds a server that takes one client at a time', async () => {
    let opened = 0;
    await using server = await startQuizServer({
      shelf: memoryShelf(),
      intercept: (request, body, response) => {
        if (request.method === 'DELETE') opened = 0;
        if (!body.includes('"initialize"') || ++opened === 1) return false;
        response.writeHead(400, { 'content-type': 'application/json' });
        const error = { code: -32600, message: 'Invalid Request: Server already initialized' };
        response.end(JSON.stringify({ jsonrpc: '2.0', error, id: null }));
        return true;
      },
    });
    const { code, report } = await probeJson(server.url);
    // Its second call cannot open a session of its own while the first is open.
    expect(report.calls[1]?.compared['session-per-call']?.differences?.[0]?.other).toMatch(
      /^handshake refused \(HTTP 400\): .*already initialized/,
    );
    expect(report.measured.atOnce).toMatchObject({ clients: 5, answered: 1 });
    expect(code).toBe(1);
  });

  it('follows a redirect within the server', async () => {
    await using server = await startQuizServer({ redirects: true, shelf: memoryShelf() });
    const { code, told } = await runProbe(server.url);
    expect(told).toEqual([expect.stringContaining(`${server.url}/`)]);
    expect(code).toBe(0);
  });
});

describe('probe, when nothing can be tested', () => {
  it('says that nothing listens there', async () => {
    const gone = await httpServer(() => undefined);
    await gone.close();
    const { code, text } = await runProbe(`${gone.url}/mcp`);
    expect(code).toBe(2);
    expect(text).toContain(`Nothing tested: ${gone.url}: nothing listens there`);
  });

  it.each<[status: number, body: string, said: RegExp]>([
    [401, '', /asks for authorization \(HTTP 401\)\n.*--header 'Authorization: Bearer TOKEN'/],
    [404, 'no such page', /HTTP 404: no such page\n.*path/],
    [405, '', /HTTP 405\n.*no Streamable HTTP/],
    [500, '<h1>Oops</h1>', /HTTP 500: Oops\n.*log/],
  ])('says what HTTP %i to the handshake means', async (status, body, said) => {
    await using server = await httpServer((request, response) => {
      request.resume();
      response.writeHead(status, { 'content-type': 'text/html' }).end(body);
    });
    const { code, text } = await runProbe(`${server.url}/mcp`);
    expect(text).toMatch(said);
    expect(code).toBe(2);
  });

  it('says that no tool is marked as read-only', async () => {
    await using server = await startQuizServer({
      intercept: (_request, body, response) => {
        if (!body.includes('"tools/list"')) return false;
        response.writeHead(200, { 'content-type': 'application/json' });
        // The probe's own request.
        const { id } = JSON.parse(body) as { id: number };
        const result = { tools: [{ name: 'create_question', inputSchema: { type: 'object' } }] };
        response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
        return true;
      },
    });
    const { code, text } = await runProbe(server.url);
    expect(text).toMatch(/Nothing tested: all of its tools are left out: create_question: not marked read-only/);
    expect(code).toBe(2);
  });

  it('says that it may make none of the calls that it was given', async () => {
    await using server = await startQuizServer();
    const calls = callsFile({ calls: [{ tool: 'create_question', arguments: { level: 'a1' } }] });
    const { code, text } = await runProbe(server.url, { calls });
    expect(text).toMatch(/Nothing tested: all calls are left out: create_question: not marked .*\n  → --allow-writes /);
    expect(code).toBe(2);
  });

  it('says that every call fails anyway', async () => {
    await using server = await startQuizServer();
    const calls = callsFile({ calls: [{ tool: 'submit_answer', arguments: { questionId: 'x', answer: 'y' } }] });
    const { code, text } = await runProbe(server.url, { calls, 'allow-writes': true });
    expect(text).toMatch(/Nothing tested: every call fails even in one session: .*There is no such question/);
    expect(code).toBe(2);
  });

  it('proves nothing by a server that is busy', async () => {
    let calls = 0;
    await using server = await startQuizServer({
      intercept: (_request, body, response) => {
        if (!body.includes('"get_latest_answer"') || ++calls % 3 === 1) return false;
        response.writeHead(429).end('slow down');
        return true;
      },
    });
    const list = callsFile({ calls: [{ tool: 'get_latest_answer' }] });
    const { code, text } = await runProbe(server.url, { calls: list });
    expect(text).toContain('unclear: HTTP 429: slow down');
    expect(code).toBe(2);
  });

  it('reports every problem of its arguments', async () => {
    const calls = callsFile({ calls: [{ tol: 'x' }, { tool: 'get', arguments: { id: '${made.id}' } }] });
    const { code, told, text } = await runProbe('http://127.0.0.1:9/mcp', { calls, as: 'nobody', header: ['secret'] });
    expect(code).toBe(2);
    expect(text).toBe('');
    expect(told).toEqual([
      expect.stringMatching(/--as: 'nobody' is not one of chatgpt-2025, /),
      expect.stringContaining('--header'),
      expect.stringMatching(/call 1: 'tol' is none of tool/),
      expect.stringMatching(/call 2: \$\{made\..*is no call before it/),
    ]);
    expect(told.join('\n')).not.toContain('secret');
  });
});

it('reaches a server over TLS that wants a client certificate, as the proxy does', async () => {
  await using quiz = await startQuizServer();
  await using secure = await startTlsInFrontOf(quiz.url);
  const { code, report } = await probeJson(secure.url, { ...writing, ...secure.certificates });
  expect({ code, verdict: report.verdict }).toEqual({ code: 1, verdict: 'depends' });
  const without = await probeJson(secure.url, writing);
  expect(without.code).toBe(2);
  expect(without.report.why).toContain('TLS: its certificate is not signed by a known authority');
});
