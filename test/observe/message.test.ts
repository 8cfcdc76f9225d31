import { describe, expect, it } from 'vitest';
import { toMessage } from '../../src/observe/message.ts';

const malformed = { kind: 'malformed', reason: 'not-jsonrpc' };

describe('toMessage', () => {
  it.each([0, '', 1, '1', -1.5])('takes %j as the id of a request [JSONRPC-MESSAGE-3]', (id) => {
    expect(toMessage({ method: 'ping', id })).toEqual({ kind: 'request', id, method: 'ping', params: {} });
  });

  it('takes a method without an id as a notification [JSONRPC-MESSAGE-1]', () => {
    const params = { requestId: 3 };
    expect(toMessage({ jsonrpc: '2.0', method: 'notifications/cancelled', params })).toEqual({
      kind: 'notification',
      method: 'notifications/cancelled',
      params,
    });
  });

  it.each([null, true, {}, [1]])('finds a method with the id %j malformed [JSONRPC-MESSAGE-2]', (id) => {
    expect(toMessage({ jsonrpc: '2.0', method: 'ping', id })).toEqual(malformed);
  });

  it.each([null, 'text', 5, [1, 2], undefined])('makes an object of the params %j', (params) => {
    expect(toMessage({ id: 1, method: 'ping', params })).toMatchObject({ kind: 'request', params: {} });
  });

  it('does not look at the jsonrpc member', () => {
    expect(toMessage({ jsonrpc: '1.0', id: 1, result: {} }).kind).toBe('result');
    expect(toMessage({ id: 1, result: {} }).kind).toBe('result');
  });

  it.each([null, 'text', [1]])('makes an object of the result %j', (result) => {
    expect(toMessage({ id: 'a', result })).toEqual({ kind: 'result', id: 'a', result: {} });
  });

  it('keeps what a result holds', () => {
    expect(toMessage({ id: 1, result: { isError: true } })).toEqual({
      kind: 'result',
      id: 1,
      result: { isError: true },
    });
  });

  it('reads code and message of an error', () => {
    const error = { code: -32_601, message: 'no such method', data: 1 };
    expect(toMessage({ id: 1, error })).toEqual({ kind: 'error', id: 1, code: -32_601, message: 'no such method' });
  });

  it.each([null, undefined, true])('leaves out the id %j of an error', (id) => {
    expect(toMessage({ id, error: { code: 1, message: 'x' } })).toEqual({
      kind: 'error',
      id: undefined,
      code: 1,
      message: 'x',
    });
  });

  it.each(['boom', null, [], { code: '7', message: 5 }])('finds neither code nor message in the error %j', (error) => {
    expect(toMessage({ jsonrpc: '2.0', id: 1, error })).toEqual({ kind: 'error', id: 1, code: undefined, message: '' });
  });

  it('takes an error of OAuth for none of JSON-RPC', () => {
    const refusal = { error: 'invalid_token', error_description: 'it has expired' };
    expect(toMessage(refusal)).toEqual({ kind: 'malformed', reason: 'not-jsonrpc' });
  });

  it('takes an error before a result, but not when the error is null', () => {
    expect(toMessage({ id: 1, result: {}, error: { code: 1, message: 'x' } }).kind).toBe('error');
    expect(toMessage({ id: 1, result: { ok: true }, error: null })).toEqual({
      kind: 'result',
      id: 1,
      result: { ok: true },
    });
  });

  it.each([
    null,
    undefined,
    5,
    'ping',
    true,
    [],
    [{ method: 'ping' }],
    {},
    { id: 1 },
    { method: 5, id: 1, result: {} },
  ])('finds %j malformed', (value) => {
    expect(toMessage(value)).toEqual(malformed);
  });
});
