import { describe, expect, it } from 'vitest';
import { readMessages, sliceOfMember } from '../../src/observe/skim.ts';
import { OddJson } from './odd-json.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString();

function read(text: string): unknown {
  const messages = readMessages(bytesOf(text));
  return messages?.length === 1 ? messages[0]?.value : messages;
}

describe('readMessages', () => {
  it('parses a small text as it is, with its size', () => {
    const text = '{"method":"ping","id":1}';
    expect(readMessages(bytesOf(text))).toEqual([{ value: { method: 'ping', id: 1 }, bytes: 24, text: bytesOf(text) }]);
  });

  it.each([
    ['small', 10],
    ['big', 5000],
  ])('tolerates a byte order mark and space around a %s text', (_, size) => {
    const text = JSON.stringify({ id: 1, result: { pad: 'x'.repeat(size) } });
    const [message] = readMessages(bytesOf(`\uFEFF \r\n${text}\t\n`)) ?? [];
    expect(message?.value).toMatchObject({ id: 1 });
    expect(message?.bytes).toBe(text.length);
    expect(textOf(message?.text)).toBe(text);
  });

  it.each(['', ' \n', '\uFEFF', '{', 'nonsense', '{"a":1}{"b":2}', '{"a":1},', '[1', '[1,]', '[,1]', '<html></html>'])(
    'finds no JSON in %j',
    (text) => {
      expect(readMessages(bytesOf(text))).toBeUndefined();
    },
  );

  it('finds no JSON in big texts that only look like it', () => {
    const pad = 'x'.repeat(5000);
    const big = `"${pad}"`;
    const texts = [
      pad,
      `<!doctype html><p>${pad}`,
      `{"a":${big}`,
      `{"a":${big}}}`,
      `{"a":${big},}`,
      `{"a" ${big}}`,
      `{"a":}${big}`,
      `{"a":,"b":${big}}`,
      `{${big}}`,
      `{"a":tru,"b":${big}}`,
      `{"a":1 2,"b":${big}}`,
      `{"a\n":${big}}`,
      `[{"a":${big}}`,
      `[{"a":${big}} {}]`,
    ];
    for (const text of texts) expect(readMessages(bytesOf(text)), text.slice(0, 20)).toBeUndefined();
  });

  it('finds no JSON in a big message cut anywhere', () => {
    const list = Array.from({ length: 60 }, (_, i) => ({ name: `tool ${i}`, description: '"\\"'.repeat(10) }));
    const bytes = bytesOf(JSON.stringify({ result: { tools: list, _meta: { a: 'é'.repeat(1500) } }, id: 'é' }));
    expect(readMessages(bytes)).toHaveLength(1);
    for (let end = 0; end < bytes.length; end += 1)
      expect(readMessages(bytes.subarray(0, end)), `${end}`).toBeUndefined();
  });

  it('equals JSON.parse while every member is small', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const json = new OddJson(seed);
      const meta = json.member('_meta', json.object(json.members(json.below(60))));
      const body = json.object(json.shuffled([meta, ...json.members(20 + json.below(100))]));
      const kind = json.pick(['params', 'result', 'error']);
      const text = json.object(json.shuffled([json.member(kind, body), ...json.members(json.below(60))]));
      expect(JSON.stringify(read(text)), `seed ${seed}`).toBe(JSON.stringify(JSON.parse(text)));
    }
  });

  it('equals JSON.parse of the same message without its bulk', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const json = new OddJson(seed);
      const bulk = (): string[] =>
        json.below(2) === 0 ? [] : [json.member(`bulk${json.word()}`, json.bulk()), json.member('bulk', json.bulk())];
      const meta = json.members(5);
      const body = json.members(5);
      const rest = json.members(5);
      const kind = json.pick(['params', 'result', 'error']);
      const wholeMeta = json.member('_meta', json.object([...meta, ...bulk()]));
      const wholeBody = json.member(kind, json.object([...bulk(), ...body, wholeMeta, ...bulk()]));
      const whole = json.object([...bulk(), wholeBody, ...bulk(), ...rest]);
      const bare = json.object([
        json.member(kind, json.object([...body, json.member('_meta', json.object(meta))])),
        ...rest,
      ]);
      expect(JSON.stringify(read(whole)), `seed ${seed}`).toBe(JSON.stringify(JSON.parse(bare)));
    }
  });

  it('reads what a tool call and its result are about past their bulk [JSONRPC-MESSAGE-4]', () => {
    const bulk = 'say "hi"\\\n'.repeat(7000);
    const call = {
      method: 'tools/call',
      params: { arguments: { bulk }, _meta: { progressToken: 7 }, name: 'draw' },
      id: 3,
    };
    expect(read(JSON.stringify(call))).toEqual({
      method: 'tools/call',
      params: { _meta: { progressToken: 7 }, name: 'draw' },
      id: 3,
    });
    const result = { result: { content: [{ type: 'text', text: bulk }], isError: true }, jsonrpc: '2.0', id: 3 };
    expect(read(JSON.stringify(result))).toEqual({ result: { isError: true }, jsonrpc: '2.0', id: 3 });
  });

  it('reads name and version of an implementation with inlined icons', () => {
    const icons = [{ src: `data:image/png;base64,${'A'.repeat(9000)}` }];
    const info = { icons, version: '1.2', name: 'acme' };
    const expected = { version: '1.2', name: 'acme' };
    const key = 'io.modelcontextprotocol/clientInfo';
    expect(read(JSON.stringify({ id: 1, result: { serverInfo: info } }))).toEqual({
      id: 1,
      result: { serverInfo: expected },
    });
    expect(read(JSON.stringify({ id: 1, params: { clientInfo: info } }))).toEqual({
      id: 1,
      params: { clientInfo: expected },
    });
    expect(read(JSON.stringify({ id: 1, params: { _meta: { [key]: info } } }))).toEqual({
      id: 1,
      params: { _meta: { [key]: expected } },
    });
  });

  it.each([
    ['tools', 'name'],
    ['prompts', 'name'],
    ['resources', 'uri'],
  ])('reads the names of all %s', (list, member) => {
    const names = Array.from({ length: 3000 }, (_, i) => `é "${i}" \\`);
    const items = names.map((name) => ({ title: 'x', [member]: name, inputSchema: { properties: { [member]: {} } } }));
    expect(read(JSON.stringify({ id: 1, result: { nextCursor: 'c', [list]: items } }))).toEqual({
      id: 1,
      result: { nextCursor: 'c', [list]: names.map((name) => ({ [member]: name })) },
    });
  });

  it('reads at most 10 000 names of a list', () => {
    const tools = Array.from({ length: 10_001 }, (_, i) => ({ name: String(i) }));
    expect(read(JSON.stringify({ result: { tools } }))).toEqual({ result: { tools: tools.slice(0, 10_000) } });
  });

  it('knows the elements of a list by the last of equal names, escaped or not, and keeps nameless ones', () => {
    const pad = JSON.stringify({ name: 'x', description: 'x'.repeat(5000) });
    const items = `{"name":"no","n\\u0061me":"yes"},{},{"name":5},{"Name":"no","name2":"no"},{ } , ${pad}`;
    expect(read(`{"result":{"tools" : [ ${items} ]}}`)).toEqual({
      result: { tools: [{ name: 'yes' }, {}, {}, {}, {}, { name: 'x' }] },
    });
  });

  it('cuts bulky strings that explain or name, never inside a character', () => {
    for (const unit of ['x', 'é', '語', '😀', '"', '\\', '\n', '\u0001']) {
      for (let shift = 0; shift < 8; shift += 1) {
        const message = 'x'.repeat(shift) + unit.repeat(6000);
        const { error } = Object(read(JSON.stringify({ id: 1, error: { code: 5, message } })));
        expect(error.code).toBe(5);
        expect(message.startsWith(error.message)).toBe(true);
        expect(error.message.isWellFormed()).toBe(true);
        expect(Buffer.byteLength(JSON.stringify(error.message))).toBeGreaterThan(1020);
        expect(Buffer.byteLength(JSON.stringify(error.message))).toBeLessThan(1040);
      }
    }
  });

  it('keeps the kind of a message whose parts have types nobody expects', () => {
    const bulk = 'x'.repeat(5000);
    expect(read(JSON.stringify({ id: 1, result: bulk }))).toEqual({ id: 1, result: '' });
    expect(read(JSON.stringify({ id: 1, result: [bulk] }))).toEqual({ id: 1, result: [] });
    expect(read(JSON.stringify({ id: { bulk }, method: bulk }))).toEqual({ id: {}, method: bulk.slice(0, 1024) });
    expect(read(JSON.stringify({ result: { tools: { bulk } } }))).toEqual({ result: { tools: {} } });
    expect(read(JSON.stringify([[bulk], bulk, 5]))).toMatchObject([{ value: [] }, { value: bulk }, { value: 5 }]);
  });

  it('takes the last of equal keys, bulky or not, escaped or not', () => {
    const bulk = JSON.stringify('x'.repeat(5000));
    expect(read(`{"\\u0069d":1,"id":2,"pad":${bulk},"result":{},"result":{"a":1,"b":${bulk}}}`)).toEqual({
      id: 2,
      result: { a: 1 },
    });
    expect(read(`{"\\u0072esult":{"a":1,"b":${bulk}},"\\u0069d":2}`)).toEqual({ id: 2, result: { a: 1 } });
    expect(read(`{"result":{"a":1,"b":${bulk}},"result":{"c":2}}`)).toEqual({ result: { c: 2 } });
    expect(read(`{"result":{"a":1,"b":${bulk}},"result":{"c":2,"b":${bulk}}}`)).toEqual({ result: { c: 2 } });
    expect(read(`{"other":1,"other":${bulk}}`)).toEqual({});
    expect(read(`{"other":${bulk},"other":1}`)).toEqual({ other: 1 });
  });

  it('is not harmed by a __proto__ member', () => {
    const bulk = JSON.stringify('x'.repeat(5000));
    const value = Object(read(`{"__proto__":{"a":1},"result":{"__proto__":${bulk},"b":1},"pad":${bulk}}`));
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value.a).toBeUndefined();
    expect(Object.getPrototypeOf(value.result)).toBe(Object.prototype);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"a":1},"result":{"b":1}}');
  });

  it('reads each message of a batch with its own size and text [MCP-BATCH-2]', () => {
    const texts = ['{"id":1,"method":"ping"}', JSON.stringify({ id: 2, result: { a: 1, b: ['x'.repeat(9000)] } }), '7'];
    const messages = readMessages(bytesOf(` [ ${texts.join(' ,\n')} ] `));
    expect(messages?.map(({ value }) => value)).toEqual([{ id: 1, method: 'ping' }, { id: 2, result: { a: 1 } }, 7]);
    expect(messages?.map(({ text }) => textOf(text))).toEqual(texts);
    expect(messages?.map(({ bytes }) => bytes)).toEqual(texts.map((text) => text.length));
    expect(readMessages(bytesOf('[]'))).toEqual([]);
  });

  it('reads a view of shared memory', () => {
    for (const size of [10, 9000]) {
      const text = JSON.stringify({ id: 'é', result: { a: 'ü', pad: ['x'.repeat(size)] } });
      const length = Buffer.byteLength(text);
      const view = new Uint8Array(new SharedArrayBuffer(length + 20), 7, length);
      view.set(bytesOf(text));
      const [message] = readMessages(view) ?? [];
      expect(message?.value).toMatchObject({ id: 'é', result: { a: 'ü' } });
      expect(message?.text.buffer).toBe(view.buffer);
      expect(textOf(sliceOfMember(view, ['result', 'a']))).toBe('"ü"');
    }
  });

  it('copes with 100 000 levels, a megabyte of quotes, of backslashes and of members', () => {
    const deep = `${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`;
    expect(read(`{"id":1,"result":{"deep":${deep},"ok":true}}`)).toEqual({ id: 1, result: { ok: true } });
    expect(read(`{"id":1,"result":{"deep":${deep.slice(1)},"ok":true}}`)).toBeUndefined();
    for (const text of ['\\"', '\\\\', '\\\\\\"', '"', '",']) {
      const string = text.repeat(500_000);
      const isClosed = text.includes('\\');
      expect(read(`{"a":"${string}","id":1}`)).toEqual(isClosed ? { id: 1 } : undefined);
    }
    const members = Array.from({ length: 60_000 }, (_, i) => `"k${i}":[${i}]`).join(',');
    expect(Object.keys(Object(read(`{"result":{${members}}}`)).result)).toHaveLength(60_000);
    expect(readMessages(bytesOf(`[${'{},'.repeat(300_000)}{}]`))).toHaveLength(300_001);
  });
});

describe('sliceOfMember', () => {
  const text = '\uFEFF{"id":1,"params":{"arguments":{"a": 1.0,"é":"\\u00e9"} ,"\\u006eame":"x"}, "params2":[]}';

  it('gives the bytes of a member as they stand there', () => {
    expect(textOf(sliceOfMember(bytesOf(text), ['params', 'arguments']))).toBe('{"a": 1.0,"é":"\\u00e9"}');
    expect(textOf(sliceOfMember(bytesOf(text), ['params', 'name']))).toBe('"x"');
    expect(textOf(sliceOfMember(bytesOf(text), ['id']))).toBe('1');
  });

  it('gives the last of equal members', () => {
    expect(textOf(sliceOfMember(bytesOf('{"a":{"b":1},"a":{"b":2,"b":3}}'), ['a', 'b']))).toBe('3');
  });

  it('gives nothing for an absent member, a parent that is no object, a broken text', () => {
    for (const path of [['result'], ['params', 'a'], ['id', 'a'], ['params2', 'a'], ['param']]) {
      expect(sliceOfMember(bytesOf(text), path)).toBeUndefined();
    }
    for (const broken of ['', '[]', '{"a":1', '{"a"}', '{"a":}', 'a']) {
      expect(sliceOfMember(bytesOf(broken), ['a'])).toBeUndefined();
    }
  });
});
