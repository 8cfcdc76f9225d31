import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play, type PlayEvent } from '../../src/simulator/player.ts';
import { profiles } from '../../src/simulator/profiles.ts';
import { startSimulatedServer } from '../../src/simulator/server.ts';
import { httpServer } from '../support/listen.ts';
import { posted, profileNamed, sentBy, startRecorder } from './recorder.ts';

const once = { profiles, speed: 500, seed: 1, rounds: 1 };

describe('play', () => {
  let server: Awaited<ReturnType<typeof startSimulatedServer>>;
  beforeAll(async () => {
    server = await startSimulatedServer({});
  });
  afterAll(() => server.close());

  it('sends the same requests in the same order for the same seed', async () => {
    const sequences = async (seed: number): Promise<string[][]> => {
      await using recorder = await startRecorder(server.url);
      await play({ ...once, url: recorder.url, seed, rounds: 2 });
      return profiles.map(({ name }) => {
        const posts = sentBy(recorder, name).filter(({ httpMethod }) => httpMethod === 'POST');
        return posts.map(({ body }) => JSON.stringify(body));
      });
    };
    const first = await sequences(3);
    expect(await sequences(3)).toEqual(first);
    expect(await sequences(4)).not.toEqual(first);
  });

  it('makes each round a new conversation of the same user', async () => {
    await using recorder = await startRecorder(server.url);
    await play({ ...once, url: recorder.url, profiles: [profileNamed('chatgpt-2026')], rounds: 3 });
    const metas = posted(recorder.seen, 'tools/call').map(({ body }) => body?.params._meta ?? {});
    expect(metas).toHaveLength(21);
    expect(new Set(metas.map((meta) => meta['openai/session'])).size).toBe(3);
    expect(new Set(metas.map((meta) => meta['openai/subject'])).size).toBe(1);
  });

  it('tells each request as it is answered', async () => {
    const events: PlayEvent[] = [];
    const onEvent = (event: PlayEvent): void => void events.push(event);
    await play({ ...once, url: server.url, profiles: [profileNamed('claude-2026-03')], onEvent });
    expect(events).toHaveLength(12);
    expect(events[0]).toMatchObject({ profile: 'claude-2026-03', method: 'initialize', status: 200, outcome: 'ok' });
    expect(events[4]).toMatchObject({ method: 'resources/read', target: expect.stringContaining('://') });
    expect(events[5]).toMatchObject({ method: 'tools/call', target: 'create_cloze_question' });
    expect(events.every(({ ms }) => ms > 0)).toBe(true);
  });

  it('sends extra headers with every request, over those of the profile', async () => {
    await using recorder = await startRecorder(server.url);
    const headers = { Authorization: 'Bearer x', 'user-agent': 'mine' };
    await play({ ...once, url: recorder.url, profiles: [profileNamed('reconnect-loop')], headers });
    expect(recorder.seen.length).toBeGreaterThan(20);
    for (const { headers: sent } of recorder.seen) {
      expect(sent).toMatchObject({ authorization: 'Bearer x', 'user-agent': 'mine' });
    }
  });

  it('plays on without rounds until it is stopped, in the middle of a pause', async () => {
    await using recorder = await startRecorder(server.url);
    const stop = new AbortController();
    let handshakes = 0;
    const onEvent = ({ method }: PlayEvent): void => {
      if (method !== 'initialize') return;
      handshakes += 1;
      if (handshakes === 30) stop.abort();
    };
    const report = await play({ ...once, url: recorder.url, rounds: undefined, signal: stop.signal, onEvent });
    expect(report.profiles.map(({ handshakes: made }) => made).reduce((a, b) => a + b)).toBeGreaterThanOrEqual(30);
    await expect.poll(() => recorder.connections()).toBe(0);
  });

  it('stops at once in the middle of a long wait', async () => {
    const stop = new AbortController();
    const onEvent = ({ method }: PlayEvent): void => {
      // The next step is two hours away.
      if (method === 'tools/call') stop.abort();
    };
    const options = { ...once, url: server.url, speed: 0.01, profiles: [profileNamed('chatgpt-2025')] };
    const report = await play({ ...options, signal: stop.signal, onEvent });
    expect(report.profiles[0]).toMatchObject({ handshakes: 1, toolCalls: 1, errors: 0 });
  });

  it('stops at once in the middle of a request, which is no error', async () => {
    const stop = new AbortController();
    await using silent = await httpServer(() => stop.abort());
    const report = await play({
      ...once,
      url: silent.url,
      profiles: [profileNamed('chatgpt-2026')],
      signal: stop.signal,
    });
    expect(report.profiles[0]).toMatchObject({ toolCalls: 1, errors: 0, latenciesMs: [] });
  });

  it('sends nothing when it was stopped before it began', async () => {
    const report = await play({ ...once, url: server.url, signal: AbortSignal.abort(), discover: true });
    expect(report.profiles.every(({ handshakes, toolCalls }) => handshakes + toolCalls === 0)).toBe(true);
  });

  it('counts a server that is down, and does not go on in a session it never got', async () => {
    const gone = await startSimulatedServer({});
    await gone.close();
    const report = await play({ ...once, url: gone.url });
    expect(report.profiles[0]).toMatchObject({
      handshakes: 6,
      failedHandshakes: 6,
      toolCalls: 0,
      errors: 6,
      skipped: [{ why: 'the handshake failed', steps: 6 }],
    });
    expect(report.profiles[2]).toMatchObject({ toolCalls: 7, errors: 7, latenciesMs: [] });
  });

  it('finds a server again that was down', async () => {
    const down = await startSimulatedServer({});
    await down.close();
    const stop = new AbortController();
    let reached = (): void => undefined;
    const missed = new Promise<void>((resolve) => (reached = resolve));
    const outcomes: string[] = [];
    const onEvent = ({ outcome }: PlayEvent): void => {
      outcomes.push(outcome);
      reached();
      if (outcome === 'ok') stop.abort();
    };
    const options = { ...once, url: down.url, profiles: [profileNamed('chatgpt-2025')], rounds: undefined };
    const playing = play({ ...options, signal: stop.signal, onEvent });
    await missed;
    const back = await startSimulatedServer({ port: Number(new URL(down.url).port) });
    await playing;
    await back.close();
    expect([outcomes[0], outcomes.includes('ok')]).toEqual(['unreachable', true]);
  });

  it('takes a breath between rounds while nobody answers, at any speed', async () => {
    const down = await startSimulatedServer({});
    await down.close();
    const stop = new AbortController();
    const times: number[] = [];
    const onEvent = (): void => {
      times.push(performance.now());
      if (times.length === 7) stop.abort();
    };
    const options = { url: down.url, profiles: [profileNamed('chatgpt-2025')], seed: 1, rounds: undefined };
    await play({ ...options, speed: 1_000_000, signal: stop.signal, onEvent });
    // Six handshakes are one round of this profile.
    const [last = 0, next = 0] = times.slice(5);
    expect(next - last).toBeGreaterThan(900);
  });

  it('loses its session when the server forgets it, and calls no more in it', async () => {
    await using forgetful = await httpServer((request, response) => {
      const known = request.headers['mcp-session-id'] === undefined;
      response.writeHead(known ? 200 : 404, { 'content-type': 'application/json', 'mcp-session-id': 'short' });
      response.end(JSON.stringify({ jsonrpc: '2.0', ...(known ? { id: 0, result: {} } : { id: null, error: {} }) }));
    });
    const report = await play({ ...once, url: forgetful.url, profiles: [profileNamed('claude-2026-03')] });
    expect(report.profiles[0]).toMatchObject({ sessions: 1, discoveries: 1, toolCalls: 0, errors: 2 });
  });

  it('rejects with what its listener throws, and stops everybody', async () => {
    await using recorder = await startRecorder(server.url);
    const onEvent = (): void => {
      throw new Error('listener');
    };
    await expect(play({ ...once, url: recorder.url, rounds: undefined, onEvent })).rejects.toThrow('listener');
    await expect.poll(() => recorder.connections()).toBe(0);
  });

  it('rejects a speed that time cannot have', async () => {
    await expect(play({ ...once, url: server.url, speed: 0 })).rejects.toThrow(RangeError);
  });
});

describe('many clients', () => {
  it('play one profile for as many users', async () => {
    const server = await startSimulatedServer({});
    await using recorder = await startRecorder(server.url);
    const copies = new Map([['chatgpt-2026', 3]]);
    const options = { speed: 500, seed: 1, rounds: 1, profiles: [profileNamed('chatgpt-2026')], copies };
    const report = await play({ ...options, url: recorder.url });
    await server.close();
    expect(report.profiles).toMatchObject([{ profile: 'chatgpt-2026', toolCalls: 21, errors: 0 }]);
    const users = posted(recorder.seen, 'tools/call').map(({ body }) => body?.params._meta?.['openai/subject']);
    expect(new Set(users).size).toBe(3);
  });

  it('keep to a rate together, without the pauses of people', async () => {
    const server = await startSimulatedServer({});
    let messages = 0;
    const from = performance.now();
    const options = { speed: 0.001, seed: 1, rounds: 1, profiles: [profileNamed('chatgpt-2025')] };
    const copies = new Map([['chatgpt-2025', 4]]);
    await play({
      ...options,
      url: server.url,
      copies,
      rate: 100,
      onEvent: () => (messages += 1),
    });
    const took = performance.now() - from;
    await server.close();
    // 4 clients of 6 calls, each with its handshake and its notification: 72 messages, one in 10 ms.
    expect(messages).toBe(72);
    expect(took).toBeGreaterThan(690);
  });

  it('need a rate above 0', async () => {
    const options = { url: 'http://127.0.0.1:9', speed: 1, seed: 1, rounds: 1, profiles: [] };
    await expect(play({ ...options, rate: 0 })).rejects.toThrow(RangeError);
  });
});
