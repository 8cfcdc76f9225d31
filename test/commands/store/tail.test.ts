import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Out } from '../../../src/commands/terminal/out.ts';
import { tail } from '../../../src/commands/store/tail.ts';
import { readerOf, startRig, temporaryFolder } from '../../store/store-rig.ts';
import { speak, withStore } from './command-rig.ts';

describe('tail', () => {
  it('prints one line per operation, the latest last', () => {
    withStore(({ talk, ask }) => {
      speak(talk);
      const { lines } = ask((reader, question, out) => void tail(reader, question, out), {
        filter: { status: 'error' },
      });
      expect(lines).toEqual([
        expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} {2}claude\.ai +0 ms {2}→ {2}tools\/call quiz {2}error$/),
        expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} {2}claude\.ai +0 ms {2}→ {2}tools\/call grade {2}error -32603$/),
      ]);
    });
  });

  it('follows what another process writes, each operation once, until it is stopped', async () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'));
    rig.talk.initialize('a-session');
    rig.talk.call('a-session', 'before');
    rig.store.flush();
    using reader = readerOf(rig.path);
    const abort = new AbortController();
    const seen: string[] = [];
    const told: { until: number; resolve: () => void }[] = [];
    const out: Out = {
      columns: undefined,
      colours: false,
      write: (line) => {
        // What the command documents.
        seen.push(String((JSON.parse(line) as { target?: string }).target));
        for (const { until, resolve } of told) if (seen.length >= until) resolve();
      },
    };
    const seenAll = (until: number) =>
      seen.length >= until ? Promise.resolve() : new Promise<void>((resolve) => told.push({ until, resolve }));
    const question = { filter: { tool: undefined, limit: 1 }, json: true, now: Date.now() };
    const over = tail(reader, question, out, abort.signal);
    await seenAll(1);
    for (const tool of ['one', 'two', 'three']) {
      rig.talk.call('a-session', tool);
      rig.store.flush();
      await turn();
    }
    await seenAll(4);
    abort.abort();
    await over;
    expect(seen).toEqual(['before', 'one', 'two', 'three']);
  });

  it('waits where there is nothing yet', async () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'));
    using reader = readerOf(rig.path);
    const abort = new AbortController();
    const seen = Promise.withResolvers<string>();
    const out: Out = { columns: 80, colours: false, write: seen.resolve };
    const over = tail(reader, { filter: {}, json: false, now: Date.now() }, out, abort.signal);
    rig.talk.initialize('a-session');
    rig.store.flush();
    expect(await seen.promise).toContain('initialize');
    abort.abort();
    await over;
  });
});
