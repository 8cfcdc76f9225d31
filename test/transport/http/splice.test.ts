import { describe, expect, it } from 'vitest';
import { FramingFields } from '../../../src/transport/http/framing.ts';
import { spliceTraceParent, withContext } from '../../../src/transport/http/splice.ts';

const CONTEXT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const OURS = `"traceparent":"${CONTEXT}"`;

const spliced = (text: string): string | undefined => spliceTraceParent(Buffer.from(text), CONTEXT)?.toString();

describe('a trace context in params._meta', () => {
  it.each<[string, string, string]>([
    [
      'without params',
      '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
      `{"params":{"_meta":{${OURS}}},"jsonrpc":"2.0","id":1,"method":"tools/list"}`,
    ],
    ['with empty params', '{"method":"ping","params":{}}', `{"method":"ping","params":{"_meta":{${OURS}}}}`],
    [
      'with empty params in white space',
      '{"method":"ping","params": {\n } }',
      `{"method":"ping","params": {"_meta":{${OURS}}\n } }`,
    ],
    [
      'with params',
      '{"params":{"name":"quiz"},"method":"tools/call"}',
      `{"params":{"_meta":{${OURS}},"name":"quiz"},"method":"tools/call"}`,
    ],
    [
      'with _meta',
      '{"method":"m","params":{"a":1,"_meta":{"progressToken":7}}}',
      `{"method":"m","params":{"a":1,"_meta":{${OURS},"progressToken":7}}}`,
    ],
    ['with empty _meta', '{"method":"m","params":{"_meta":{ }}}', `{"method":"m","params":{"_meta":{${OURS} }}}`],
    [
      'that is a notification',
      '{"method":"notifications/initialized"}',
      `{"params":{"_meta":{${OURS}}},"method":"notifications/initialized"}`,
    ],
    [
      'with big integers and odd numbers',
      '{"id":12345678901234567890,"method":"m","params":{"n":1.0,"e":1e2}}',
      `{"id":12345678901234567890,"method":"m","params":{"_meta":{${OURS}},"n":1.0,"e":1e2}}`,
    ],
    [
      'with members that come twice elsewhere',
      '{"method":"m","params":{"a":1,"a":2},"x":1,"x":2}',
      `{"method":"m","params":{"_meta":{${OURS}},"a":1,"a":2},"x":1,"x":2}`,
    ],
    [
      'with escapes and braces in text',
      '{"method":"m","params":{"t":"}{\\"\\\\","u":"\\u00e9é\\ud83d"}}',
      `{"method":"m","params":{"_meta":{${OURS}},"t":"}{\\"\\\\","u":"\\u00e9é\\ud83d"}}`,
    ],
    [
      'with escaped names of members',
      '{"m\\u0065thod":"m","p\\u0061rams":{"\\u005fmeta":{"a":1}}}',
      `{"m\\u0065thod":"m","p\\u0061rams":{"\\u005fmeta":{${OURS},"a":1}}}`,
    ],
    [
      'with a context inside of arguments only',
      '{"method":"m","params":{"arguments":{"traceparent":"x"}}}',
      `{"method":"m","params":{"_meta":{${OURS}},"arguments":{"traceparent":"x"}}}`,
    ],
    ['in white space', ' \r\n{"method":"m"}\n', ` \r\n{"params":{"_meta":{${OURS}}},"method":"m"}\n`],
  ])('goes into a request %s, and every other byte stays', (_name, text, expected) => {
    expect(spliced(text)).toBe(expected);
    JSON.parse(expected);
  });

  it.each([
    ['a batch', '[{"method":"m"}]'],
    ['an answer', '{"id":1,"result":{}}'],
    ['an answer with params', '{"id":1,"error":{},"params":{}}'],
    ['params in a list', '{"method":"m","params":[1]}'],
    ['params that are null', '{"method":"m","params":null}'],
    ['_meta of another type', '{"method":"m","params":{"_meta":"x"}}'],
    ['a context of its own', `{"method":"m","params":{"_meta":{"traceparent":"00-1"}}}`],
    ['a context of its own, escaped', '{"method":"m","params":{"_meta":{"tracep\\u0061rent":"00-1"}}}'],
    ['params twice', '{"method":"m","params":{},"params":{}}'],
    ['a method twice', '{"method":"m","method":"n","params":{}}'],
    ['_meta twice', '{"method":"m","params":{"_meta":{},"_meta":{}}}'],
    ['a method that is no text', '{"method":1,"params":{}}'],
    ['something after the object', '{"method":"m"} {}'],
    ['an object that does not end', '{"method":"m","params":{'],
    ['a byte order mark', '\ufeff{"method":"m"}'],
    ['text', 'method'],
    ['nothing', ''],
  ])('is not written into %s', (_name, text) => {
    expect(spliced(text)).toBeUndefined();
  });

  it('leaves every byte but its own where it was, at every place white space may stand', () => {
    const tokens = [
      '{',
      '"id"',
      ':',
      '1',
      ',',
      '"method"',
      ':',
      '"m"',
      ',',
      '"params"',
      ':',
      '{',
      '"_meta"',
      ':',
      '{',
      '}',
      '}',
      '}',
    ];
    for (let place = 0; place <= tokens.length; place++) {
      const text = tokens.toSpliced(place, 0, ' \t\r\n').join('');
      const written = spliced(text) ?? '';
      expect(written.replace(OURS, '')).toBe(text);
      expect(JSON.parse(written)).toEqual({ id: 1, method: 'm', params: { _meta: { traceparent: CONTEXT } } });
    }
  });

  const chosen = { span: { spanId: 'a', propagated: true, session: undefined }, traceParent: CONTEXT };
  const BODY = Buffer.from('{"method":"m"}');
  const SPLICED = `{"params":{"_meta":{${OURS}}},"method":"m"}`;

  /** A head with its length told, or with a chunked body. */
  function headOf(chunked: boolean) {
    const framing = new FramingFields();
    framing.chunked = chunked;
    const lengths: number[] = [];
    return { lengths, head: { framing, placeContentLength: (length: number) => void lengths.push(length) } };
  }

  it.each(['Content-Encoding', 'Content-Digest', 'Digest', 'Content-MD5', 'Signature'])(
    'is not written into a body that %s vouches for',
    (name) => {
      const { head, lengths } = headOf(false);
      const text = `POST /mcp HTTP/1.1\r\nContent-Length: 14\r\n${name}: x\r\n\r\n`;
      expect(withContext({ head, raw: BODY, data: BODY }, text, chosen)).toBe(BODY);
      expect(lengths).toEqual([]);
    },
  );

  it('makes the length among the headers that of what is sent', () => {
    const { head, lengths } = headOf(false);
    expect(withContext({ head, raw: BODY, data: BODY }, '', chosen).toString()).toBe(SPLICED);
    expect(lengths).toEqual([SPLICED.length]);
  });

  it('is written into a chunked body, which becomes one chunk', () => {
    const { head, lengths } = headOf(true);
    const raw = Buffer.from('7\r\n{"metho\r\n7\r\nd":"m"}\r\n0\r\n\r\n');
    const expected = `${SPLICED.length.toString(16)}\r\n${SPLICED}\r\n0\r\n\r\n`;
    expect(withContext({ head, raw, data: BODY }, '', chosen).toString()).toBe(expected);
    expect(lengths).toEqual([]);
  });

  it('is not written into a chunked body with trailers, which may be about its bytes', () => {
    const { head } = headOf(true);
    const raw = Buffer.from('e\r\n{"method":"m"}\r\n0\r\nX-Checksum: 1\r\n\r\n');
    expect(withContext({ head, raw, data: BODY }, '', chosen)).toBe(raw);
  });

  it('is written only where our span was chosen to be passed on', () => {
    const { head } = headOf(false);
    const span = { spanId: 'a', propagated: false, session: undefined };
    const body = { head, raw: BODY, data: BODY };
    expect(withContext(body, '', { span, traceParent: CONTEXT })).toBe(BODY);
    expect(withContext(body, '', { ...chosen, traceParent: undefined })).toBe(BODY);
  });
});
