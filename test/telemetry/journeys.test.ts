import { describe, expect, it } from 'vitest';
import { request } from '../support/conversation.ts';
import { startRecorder, type Recorder } from './recorder.ts';

const AGENT = { 'User-Agent': 'acme/1.0' };

function neverReturns({ talk }: Recorder): void {
  talk.post(request(1, 'initialize'), AGENT).answer(401);
  talk.clock.advance(2_000);
  talk.send({ path: '/token', headers: AGENT, body: 'x' }).answer(200, { access_token: 't' });
  talk.clock.advance(600_000);
  talk.sweep();
}

describe('an attempt to connect that stops', () => {
  it('is a trace of its own: a root, and a child for each stage with its status', () => {
    const recorder = startRecorder();
    neverReturns(recorder);
    const root = recorder.span('mcp.connect');
    expect(root.attributes).toEqual({
      'mcpspan.server': 'quiz:3000',
      'mcpspan.client': 'acme',
      'mcpspan.connect.end': 'token',
      'mcp.client.name': 'acme',
      'mcp.client.version': '1.0',
    });
    const children = recorder.spans().filter(({ name }) => name.startsWith('mcp.connect '));
    expect(children.map(({ name, attributes }) => [name, attributes['http.response.status_code']])).toEqual([
      ['mcp.connect contact', 401],
      ['mcp.connect challenge', 401],
      ['mcp.connect token', 200],
    ]);
  });

  it('is counted by client, at each stage that it reached and where it stopped', async () => {
    const recorder = startRecorder();
    neverReturns(recorder);
    const labels = { 'mcpspan.client': 'acme', 'mcpspan.server': 'quiz:3000' };
    expect(await recorder.points('mcpspan.connect.stages')).toMatchObject(
      ['contact', 'challenge', 'token'].map((stage) => ({
        value: 1,
        labels: { ...labels, 'mcpspan.connect.stage': stage },
      })),
    );
    expect(await recorder.points('mcpspan.connect.ended')).toMatchObject([
      { value: 1, labels: { ...labels, 'mcpspan.connect.end': 'token' } },
    ]);
  });
});

it('an attempt that stops is logged: as a warning if it did not even shake hands', () => {
  const recorder = startRecorder();
  neverReturns(recorder);
  recorder.talk.initialize('s1');
  recorder.talk.clock.advance(600_000);
  recorder.talk.sweep();
  const told = recorder.logs
    .getFinishedLogRecords()
    .filter(({ eventName }) => eventName === 'mcpspan.connect.stopped')
    .map(({ severityText, attributes }) => [
      severityText,
      attributes['mcpspan.client'],
      attributes['mcpspan.connect.end'],
    ]);
  expect(told).toEqual([
    ['WARN', 'acme', 'token'],
    ['INFO', 'cursor', 'handshake'],
  ]);
});

it('an attempt that arrives without a sign-in is counted, and makes no trace', async () => {
  const recorder = startRecorder();
  recorder.talk.initialize('s1');
  recorder.talk.call('s1');
  expect(recorder.spans('mcp.connect')).toEqual([]);
  expect(await recorder.points('mcpspan.connect.ended')).toMatchObject([
    { value: 1, labels: { 'mcpspan.client': 'cursor', 'mcpspan.connect.end': 'arrived' } },
  ]);
});
