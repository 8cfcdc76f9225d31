import { SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { clients } from '../../src/commands/store/clients.ts';
import type { Question } from '../../src/commands/store/filters.ts';
import { reportOf } from '../../src/commands/store/report-model.ts';
import { sessions } from '../../src/commands/store/sessions.ts';
import { tools } from '../../src/commands/store/tools.ts';
import type { Out } from '../../src/commands/terminal/out.ts';
import { Privacy } from '../../src/session/privacy.ts';
import type { StoreReader } from '../../src/store/reader.ts';
import { openStore } from '../../src/store/store.ts';
import { answer } from '../../src/viewer/answer.ts';
import type { Answers, QuestionKind } from '../../src/viewer/api.ts';
import { readerOf, temporaryFolder, timersByHand } from '../store/store-rig.ts';
import {
  failure,
  modern,
  request,
  result,
  SERVER,
  toolCall,
  type Conversation,
  type Fields,
} from '../support/conversation.ts';
import { startRecorder, type Recorder } from './recorder.ts';

type Act = (talk: Conversation) => void;
interface Figures {
  calls: number;
  failed: number;
  rejected: number;
}

const SESSION = { 'Mcp-Session-Id': 's1' };
const FAILED: Figures = { calls: 1, failed: 1, rejected: 0 };
const REJECTED: Figures = { calls: 1, failed: 0, rejected: 1 };
const NEITHER: Figures = { calls: 1, failed: 0, rejected: 0 };
const NO_CALL: Figures = { calls: 0, failed: 0, rejected: 0 };
const UNKNOWN_TOOL = { isError: true, content: [{ type: 'text', text: 'Unknown tool: nope' }] };

const answered =
  (status: number, body?: Fields, tool = 'quiz'): Act =>
  (talk) =>
    talk.post(toolCall(9, tool), SESSION).answer(status, body);
const asked =
  (method: string, status: number, body?: Fields): Act =>
  (talk) =>
    talk.post(request(9, method), SESSION).answer(status, body);

/** Asks for input twice, and answers the third round. */
const inRounds =
  (last: Fields): Act =>
  (talk) => {
    const round = (id: number, params: Fields, value: Fields) =>
      talk.ask(toolCall(id, 'quiz', modern(params)), result(id, value));
    const more = (state: string) => ({ resultType: 'input_required', requestState: state });
    round(1, {}, more('a'));
    round(2, { requestState: 'a', inputResponses: {} }, more('b'));
    talk.ask(toolCall(3, 'quiz', modern({ requestState: 'b', inputResponses: {} })), last);
  };

const sum = <Row>(rows: readonly Row[], of: (row: Row) => unknown): number =>
  rows.reduce((total, row) => total + Number(of(row)), 0);

const figuresOf = (rows: readonly (Omit<Figures, 'calls'> & { calls?: number; toolCalls?: number })[]): Figures => ({
  calls: sum(rows, ({ calls, toolCalls }) => calls ?? toolCalls),
  failed: sum(rows, ({ failed }) => failed),
  rejected: sum(rows, ({ rejected }) => rejected),
});

async function ofMetrics(recorder: Recorder): Promise<Figures> {
  const calls = await recorder.points('mcpspan.tool_calls');
  const durations = await recorder.points('mcp.server.operation.duration');
  const numberWith = (label: string): number =>
    sum(
      durations.filter(({ labels }) => labels[label] !== undefined),
      ({ count }) => count,
    );
  return {
    calls: sum(
      calls.filter(({ labels }) => labels['mcpspan.attempt'] === 'first'),
      ({ value }) => value,
    ),
    failed: numberWith('error.type'),
    rejected: numberWith('mcpspan.rejected'),
  };
}

function ofSpans(recorder: Recorder): Omit<Figures, 'calls'> {
  const spans = recorder.spans();
  const wrong = spans.filter(({ status }) => status.code === SpanStatusCode.ERROR);
  expect(wrong).toEqual(spans.filter(({ attributes }) => attributes['error.type'] !== undefined));
  return { failed: wrong.length, rejected: sum(spans, ({ attributes }) => attributes['mcpspan.rejected'] === true) };
}

const ofSummaries = (recorder: Recorder): Figures =>
  figuresOf(
    recorder.spans('mcp.session.summary').map(({ attributes }) => ({
      calls: Number(attributes['mcpspan.summary.tool_calls']),
      failed: Number(attributes['mcpspan.summary.failed']),
      rejected: Number(attributes['mcpspan.summary.rejected']),
    })),
  );

/** What each face says of what `act` does in a session, after an `initialize` and a `tools/list`. */
async function facesOf(act: Act) {
  using folder = temporaryFolder();
  const path = folder.in('store.db');
  const stores: ReturnType<typeof openStore>[] = [];
  const recorder = startRecorder({ sinks: [(event) => stores[0]?.take(event)] });
  const { talk } = recorder;
  const store = openStore({
    path,
    maxBytes: 2 ** 29,
    days: 7,
    server: SERVER,
    privacy: new Privacy({ capture: [], hashIds: false, upstreamPath: '/mcp' }),
    timers: timersByHand(() => talk.clock.now()),
    skew: () => 0,
    say: () => {},
    onLost: () => {},
  });
  stores.push(store);
  store.ask({ clients: () => talk.tracker.registry.clients.states() });
  talk.initialize('s1');
  talk.ask(request('l', 'tools/list'), result('l', { tools: [{ name: 'quiz' }] }), SESSION);
  act(talk);
  talk.passProbes();
  const metrics = await ofMetrics(recorder);
  talk.tracker.shutdown(talk.clock.now());
  store.close();
  const now = talk.clock.now();
  using reader = readerOf(path, () => now);
  const page = <Kind extends QuestionKind>(kind: Kind): Answers[Kind] => {
    const about = { version: '', notice: undefined, traceLink: undefined };
    const narrow = {
      server: undefined,
      client: undefined,
      tool: undefined,
      status: undefined,
      direction: undefined,
      method: undefined,
    };
    const open = {
      code: undefined,
      conversation: undefined,
      session: undefined,
      journey: undefined,
      operation: 0,
      change: 0,
      words: [],
      slowest: false,
      upTo: 0,
    };
    // The answer is that of the kind.
    return answer(
      reader,
      { kind, seconds: 3_600, until: 0, ...narrow, ...open, limit: 100, latest: false },
      about,
      now,
    ) as Answers[Kind];
  };
  const operations = reader.latest({});
  return {
    ofOperations: {
      spans: ofSpans(recorder),
      metrics,
      summaries: ofSummaries(recorder),
      'stored sessions': figuresOf(reader.sessions({})),
      'stored operations': {
        failed: sum(operations, ({ failed }) => failed),
        rejected: sum(operations, ({ rejected }) => rejected),
      },
      'time series': figuresOf([reader.timeSeries({}, 60).all]),
      '--status': {
        failed: reader.latest({ status: 'failed' }).length,
        rejected: reader.latest({ status: 'rejected' }).length,
      },
      'mcpspan sessions': figuresOf(said(reader, sessions, now)),
      'page, now': figuresOf([page('now').all]),
      'page, sessions': figuresOf(page('sessions').sessions),
      faults: faultsOf(reader),
    },
    ofCalls: {
      'stored clients': figuresOf(reader.clients({})),
      'stored tools': figuresOf(reader.tools({})),
      'mcpspan clients': figuresOf(said(reader, clients, now)),
      'mcpspan tools': figuresOf(said(reader, tools, now)),
      'page, clients': figuresOf(page('clients').clients),
      'page, tools': figuresOf(page('tools').tools),
    },
    report: reportOf(reader, { filter: {}, json: false, now, price: undefined, version: '' }).about[1],
  };
}

const faultsOf = (reader: StoreReader): Omit<Figures, 'calls'> => {
  const faults = reader.faults({});
  const number = (kind: boolean): number =>
    sum(
      faults.filter(({ rejected }) => rejected === kind),
      (fault) => fault.number,
    );
  return { failed: number(false), rejected: number(true) };
};

/** The rows that a command writes as JSON. */
function said(
  reader: StoreReader,
  command: (reader: StoreReader, question: Question & { history: boolean }, out: Out) => void,
  now: number,
): Figures[] {
  let text = '';
  const write = (piece: string): void => void (text += piece);
  command(reader, { filter: {}, json: true, now, history: false }, { columns: undefined, colours: false, write });
  // A list of rows, as the command documents.
  return JSON.parse(text) as Figures[];
}

const CALLS: [what: string, act: Act, expected: Figures][] = [
  ['a result', answered(200, result(9)), NEITHER],
  ['a tool error', answered(200, result(9, { isError: true })), FAILED],
  ...[-32_603, -32_000, -32_001, 418].map((code): [string, Act, Figures] => [
    `the error ${code}`,
    answered(200, failure(9, code)),
    FAILED,
  ]),
  ...[-32_700, -32_600, -32_601, -32_602, -32_002].map((code): [string, Act, Figures] => [
    `the error ${code}`,
    answered(200, failure(9, code)),
    REJECTED,
  ]),
  ['HTTP 400', answered(400), REJECTED],
  ['HTTP 429', answered(429), REJECTED],
  ['HTTP 503', answered(503), FAILED],
  ['an upstream that is down', (talk) => talk.post(toolCall(9), SESSION).close('upstream-unreachable'), FAILED],
  ['an upstream that breaks off', (talk) => talk.post(toolCall(9), SESSION).close('upstream-failed'), FAILED],
  ['a timeout', (talk) => talk.post(toolCall(9), SESSION).close('timeout'), FAILED],
  [
    'a stream that closes',
    (talk) => {
      const call = talk.post(toolCall(9), SESSION);
      call.stream();
      call.close();
    },
    FAILED,
  ],
  ['a client that left', (talk) => talk.post(toolCall(9), SESSION).close('client-left'), NEITHER],
  ['an unknown tool, as a result', answered(200, result(9, UNKNOWN_TOOL), 'nope'), REJECTED],
  ['an unknown tool, as an error', answered(200, failure(9, -32_602, 'Unknown tool: nope'), 'nope'), REJECTED],
  ['three rounds that end well', inRounds(result(3)), NEITHER],
  ['three rounds that end in a tool error', inRounds(result(3, { isError: true })), FAILED],
  ['three rounds that end in wrong arguments', inRounds(failure(3, -32_602)), REJECTED],
  ['401', answered(401), NO_CALL],
  ['403 with an error', answered(403, failure(9, -32_000)), NO_CALL],
  ['404 for a session that is gone', answered(404, failure(9, -32_001)), NO_CALL],
];

const OTHERS: [what: string, act: Act, expected: Figures][] = [
  ['a prompt with wrong arguments', asked('prompts/get', 200, failure(9, -32_602)), REJECTED],
  ['a resource that is not there', asked('resources/read', 200, failure(9, -32_002)), REJECTED],
  ['a method that the server does not have', asked('logging/setLevel', 200, failure(9, -32_601)), REJECTED],
  ['a list refused by HTTP 400', asked('tools/list', 400), REJECTED],
  ['a list that the server fails to make', asked('tools/list', 200, failure(9, -32_603)), FAILED],
  ['a refused probe', asked('server/discover', 200, failure(9, -32_601)), NEITHER],
  ['a probe refused by HTTP 400', asked('server/discover', 400), NEITHER],
];

describe('what became of an operation is the same on spans, in metrics, summaries, the store, commands and the page', () => {
  it.each(CALLS)('for a call answered by %s', async (_, act, expected) => {
    const { ofOperations, ofCalls, report } = await facesOf(act);
    const { failed, rejected } = expected;
    for (const [face, figures] of Object.entries(ofOperations)) {
      expect(figures, face).toMatchObject({ failed, rejected });
      if ('calls' in figures) expect(figures.calls, face).toBe(expected.calls);
    }
    for (const [face, figures] of Object.entries(ofCalls)) expect(figures, face).toEqual(expected);
    const share = (number: number): string => (expected.calls === 0 ? '–' : number === 0 ? '0 %' : '100 %');
    expect(report).toContain(`${share(failed)} of them failed, ${share(rejected)} were rejected`);
  });

  it.each(OTHERS)('for %s', async (_, act, { failed, rejected }) => {
    const { ofOperations, ofCalls } = await facesOf(act);
    for (const [face, figures] of Object.entries(ofOperations))
      expect(figures, face).toMatchObject({ failed, rejected });
    for (const [face, figures] of Object.entries(ofCalls))
      expect(figures, face).toEqual({ calls: 0, failed: 0, rejected: 0 });
  });

  it('for a request of the server: to its sender every error is a failure', async () => {
    const { ofOperations } = await facesOf((talk) => {
      const call = talk.post(toolCall(9), SESSION);
      call.stream();
      call.event(request(1, 'roots/list'));
      talk.post(failure(1, -32_601), SESSION).answer(202);
      call.event(result(9));
      call.close();
    });
    const { spans, summaries, 'stored sessions': stored, 'mcpspan sessions': said } = ofOperations;
    expect(spans).toEqual({ failed: 1, rejected: 0 });
    for (const figures of [summaries, stored, said]) expect(figures).toEqual({ calls: 1, failed: 1, rejected: 0 });
    // The figures of traffic are of what clients ask.
    expect(ofOperations['time series']).toEqual({ calls: 1, failed: 0, rejected: 0 });
  });
});
