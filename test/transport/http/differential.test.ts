import { describe, expect, it } from 'vitest';
import { ACCEPTED_ANSWERS, REFUSED_ANSWERS, type AnswerCases } from '../../support/answer-cases.ts';
import { compareWithLlhttp } from '../../support/http-differential.ts';
import { fuzz } from '../../support/http-fuzzing.ts';
import { ACCEPTED_REQUESTS, REFUSED_REQUESTS } from '../../support/request-cases.ts';

const TRACE_PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

const readRequests = (text: string, changes: { upstreamHost?: string; traceParent?: string } = {}) =>
  compareWithLlhttp(Buffer.from(text, 'latin1'), { kind: 'request', ...changes });

const readAnswers = (
  text: string,
  methods: readonly string[] = ['POST'],
  changes: { closes?: boolean; unchunks?: boolean } = {},
) => compareWithLlhttp(Buffer.from(text, 'latin1'), { kind: 'answer', methods, ...changes });

const asRow = ([name, text, methods]: AnswerCases[number]) => ({ name, text, methods });

describe('a request is read, and goes on, as llhttp reads it, wherever its bytes are cut:', () => {
  it.each(ACCEPTED_REQUESTS)('%s', (_, text) => {
    const { messages, refusal } = readRequests(text);
    expect(refusal).toBeUndefined();
    expect(messages.at(-1)?.end).toBeGreaterThan(0);
    readRequests(text, { upstreamHost: 'upstream.example', traceParent: TRACE_PARENT });
  });
});

describe('what could be read as another request is refused, wherever its bytes are cut:', () => {
  it.each(REFUSED_REQUESTS)('%s', (_, text) => {
    expect(readRequests(text).refusal).toMatch(/^(?:400|501|505) /);
  });
});

describe('an answer is read, and goes on, as llhttp reads it, wherever its bytes are cut:', () => {
  it.each(ACCEPTED_ANSWERS.map(asRow))('$name', ({ text, methods }) => {
    const { messages, refusal } = readAnswers(text, methods);
    expect(refusal).toBeUndefined();
    expect(messages.at(-1)?.end).toBeGreaterThan(0);
    readAnswers(text, methods, { closes: true, unchunks: true });
  });
});

describe('what could be read as another answer is refused, wherever its bytes are cut:', () => {
  it.each(REFUSED_ANSWERS.map(asRow))('$name', ({ text, methods }) => {
    expect(readAnswers(text, methods).refusal).toMatch(/^(?:400|501|502) /);
  });
});

it('ten thousand mutants of these, and messages made by the rules, are read and go on without a difference', () => {
  const { cases, accepted, refused, differences } = fuzz(1, 10_000);
  expect(differences).toEqual([]);
  expect(cases).toBe(10_000);
  expect(accepted).toBeGreaterThan(1_000);
  expect(refused).toBeGreaterThan(1_000);
});
