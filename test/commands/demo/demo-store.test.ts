import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clientsSince, openDemoStore } from '../../../src/commands/demo/demo-store.ts';
import { startRig, temporaryFolder } from '../../store/store-rig.ts';
import { SERVER, toolCall } from '../../support/conversation.ts';

describe('the store of a demo', () => {
  it.each(['default', 'off'] as const)('is a temporary one with --store %s, and gone at the end', (store) => {
    let path = '';
    {
      using opened = openDemoStore({ store });
      ({ path } = opened);
      expect(existsSync(dirname(path))).toBe(true);
    }
    expect(existsSync(dirname(path))).toBe(false);
  });

  it('is the file that is named, and stays', () => {
    using folder = temporaryFolder();
    const path = folder.in('kept.db');
    {
      using opened = openDemoStore({ store: { path } });
      expect(opened.path).toBe(path);
      startRig(path)[Symbol.dispose]();
    }
    expect(existsSync(path)).toBe(true);
  });
});

describe('the clients of a demo', () => {
  it('are those that did something at its servers since it began', () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    using rig = startRig(path);
    const { talk } = rig;
    const now = () => talk.clock.now();
    talk.initialize('before', { name: 'earlier', version: '1' });
    talk.post(toolCall(1), { 'User-Agent': 'refused/1' }).answer(403);
    rig.pass(2_000);
    const since = now();
    talk.initialize('after', { name: 'later', version: '1' });
    talk.call('after');
    rig.store.flush();
    expect(clientsSince(since, [SERVER], { path }, now)).toMatchObject([
      { server: SERVER, client: 'later', sessions: 1, toolCalls: 1, handshakes: 1 },
    ]);
    expect(clientsSince(since, ['another'], { path }, now)).toEqual([]);
  });

  it('cannot be told of where there is no store', () => {
    using folder = temporaryFolder();
    const path = folder.in('none.db');
    expect(clientsSince(0, [SERVER], { path }, () => 1)).toEqual({ trouble: expect.stringContaining(path) });
  });
});
