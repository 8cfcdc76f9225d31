import { describe, expect, it } from 'vitest';
import { reasonPhrase } from '../../../src/transport/http/response-head.ts';

describe('the reason phrase sent on', () => {
  it.each([
    ['is the one received', 404, 'Not Here', 'Not Here'],
    ['is empty when the one received was', 200, '', ''],
    [
      'is the standard one where the received one is beyond ASCII, which undici does not hand over whole',
      400,
      'caf\uFFFD',
      'Bad Request',
    ],
    ['is the standard one where undici kept only its end', 201, 'ated', 'Created'],
  ])('%s', (_, status, message, expected) => {
    expect(reasonPhrase(status, message)).toBe(expected);
  });
});
