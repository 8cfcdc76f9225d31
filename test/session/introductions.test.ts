import { describe, expect, it } from 'vitest';
import { factsOf } from '../../src/observe/facts.ts';
import type { Client } from '../../src/session/client.ts';
import { Introductions } from '../../src/session/introductions.ts';

const client = (name: string): Client => ({
  name,
  version: '1',
  known: undefined,
  throwAway: false,
  library: false,
});
const [ours, theirs] = [client('ours'), client('theirs')];
const from = (...headers: string[]) =>
  factsOf({ kind: 'http', method: 'POST', target: '/mcp', httpVersion: '1.1', headers });
const node = from('User-Agent', 'node');

describe('a client of a server that mints no session id', () => {
  it('is known by what it said in its handshake, for 30 minutes', () => {
    const introductions = new Introductions(true);
    introductions.introduced(node, ours, 0);
    expect(introductions.who(node, 1_799_999)).toBe(ours);
    expect(introductions.who(node, 1_800_000)).toBeUndefined();
  });

  it('is not known by it where another has introduced itself from the same place', () => {
    const introductions = new Introductions(true);
    introductions.introduced(node, ours, 0);
    introductions.introduced(node, theirs, 1);
    expect(introductions.who(node, 2)).toBeUndefined();
  });

  it('is told from others by its User-Agent and by its credential', () => {
    const introductions = new Introductions(false);
    const signedIn = from('User-Agent', 'node', 'Authorization', 'Bearer one');
    introductions.introduced(signedIn, ours, 0);
    expect(introductions.who(signedIn, 1)).toBe(ours);
    expect(introductions.who(from('User-Agent', 'undici', 'Authorization', 'Bearer one'), 1)).toBeUndefined();
    expect(introductions.who(from('User-Agent', 'node', 'Authorization', 'Bearer two'), 1)).toBeUndefined();
  });

  it('is unknown where neither a credential nor a loopback listener tells callers apart', () => {
    const introductions = new Introductions(false);
    introductions.introduced(node, ours, 0);
    expect(introductions.who(node, 1)).toBeUndefined();
  });

  it('is unknown behind another proxy', () => {
    const introductions = new Introductions(true);
    const passed = from('User-Agent', 'node', 'Via', '1.1 front');
    introductions.introduced(passed, ours, 0);
    expect(introductions.who(passed, 1)).toBeUndefined();
  });
});
