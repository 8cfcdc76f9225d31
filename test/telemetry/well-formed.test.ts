import { describe, expect, it } from 'vitest';
import { MODERN_META, notification, request, result, toolCall } from '../support/conversation.ts';
import { startRecorder } from './recorder.ts';

describe('a half of a character', () => {
  const half = '\ud800';
  const texts = (value: unknown): string[] =>
    typeof value === 'string'
      ? [value]
      : typeof value === 'object' && value !== null
        ? Object.values(value).flatMap(texts)
        : [];

  function exported(capture = false) {
    const recorder = startRecorder({
      privacy: { capture: capture ? ['errors', 'uris', 'arguments'] : [] },
      capture: capture ? ['arguments'] : [],
    });
    const meta = { ...MODERN_META, 'openai/session': half, 'claudecode/toolUseId': half };
    recorder.talk.ask(request(half, half, { _meta: meta }), result(half));
    return recorder;
  }

  it('is not exported in an attribute of what somebody sent', () => {
    const { spans } = exported();
    const found = spans().flatMap(({ name, attributes }) => [name, ...texts(attributes)]);
    expect(found.length).toBeGreaterThan(10);
    expect(found.filter((text) => !text.isWellFormed())).toEqual([]);
  });

  it('is not exported in the name of a span, or in a label', async () => {
    const recorder = exported();
    recorder.talk.ask(toolCall(1, `quiz${half}`), result(1));
    const names = recorder.spans().map(({ name }) => name);
    const labels = (await recorder.points('mcpspan.message.bytes')).flatMap((point) => texts(point.labels));
    expect([...names, ...labels].filter((text) => !text.isWellFormed())).toEqual([]);
  });

  // Values are cut at 4 096 UTF-16 units, which may be within a character.
  it.each([
    [
      'a URI',
      (recorder: ReturnType<typeof exported>) =>
        recorder.talk.ask(request(1, 'resources/read', { uri: `quiz:${half}` }), result(1)),
    ],
    [
      'a status description',
      (recorder: ReturnType<typeof exported>) =>
        recorder.talk.ask(toolCall(1), {
          jsonrpc: '2.0',
          id: 1,
          error: { code: -32_603, message: half },
        }),
    ],
    [
      'captured arguments',
      (recorder: ReturnType<typeof exported>) =>
        recorder.talk.ask(toolCall(1, 'quiz', { arguments: { a: `${'x'.repeat(4_089)}😀` } }), result(1)),
    ],
  ])('is not exported in %s', (_, act) => {
    const recorder = exported(true);
    act(recorder);
    const found = recorder.spans().flatMap(({ attributes, status }) => [status.message ?? '', ...texts(attributes)]);
    expect(found.filter((text) => !text.isWellFormed())).toEqual([]);
  });

  // An event is named for the method that the server sent.
  it('is not exported in the name of an event', () => {
    const { talk, span } = startRecorder();
    const exchange = talk.post(toolCall(1));
    exchange.stream();
    exchange.event(notification(half));
    exchange.event(result(1));
    expect(span('tools/call quiz').events.every(({ name }) => name.isWellFormed())).toBe(true);
  });
});
