import { expect, it } from 'vitest';
import { grownApp } from '../../../src/commands/demo/grown-app.ts';
import { withGrownApp } from '../../../src/commands/demo/visits.ts';
import { play } from '../../../src/simulator/player.ts';
import { startSimulatedServer } from '../../../src/simulator/server.ts';
import { readerOf, temporaryFolder } from '../../store/store-rig.ts';
import { startTestProxy } from '../../support/proxy.ts';
import { SERVERS, write } from './history-rig.ts';

/** What is known of clients and tools, but their figures. */
function knownIn(path: string) {
  using reader = readerOf(path);
  return {
    verdicts: reader.clients({}).map(({ server, client, verdict }) => `${server} ${client} ${verdict}`),
    changes: reader.changes({}),
    odd: reader.tools({}).flatMap(({ tool, clients }) => {
      return clients.filter(({ oddity }) => oddity !== undefined).map(({ client }) => `${tool} ${client}`);
    }),
    // A name that was tried before a list was seen is no tool.
    definitions: reader.tools({}).flatMap(({ server, tool, definition }) => {
      return definition === undefined ? [] : `${server} ${tool} ${definition.hash} ${definition.versions}`;
    }),
    operations: reader.contents().operations,
  };
}

// Its calls take as long as they do live.
it('goes on live where the history ends: the same clients, and nothing about them is news', async () => {
  using folder = temporaryFolder();
  const path = folder.in('demo.db');
  await write(path, { now: Date.now() });
  const before = knownIn(path);

  const server = await startSimulatedServer({ offer: grownApp });
  await Promise.all(
    SERVERS.map(async ({ name, profiles }) => {
      await using proxy = await startTestProxy(server.url, ['--store', path, '--name', name]);
      const { tools } = grownApp;
      await play({ url: proxy.url, profiles: profiles.map(withGrownApp), speed: 60, seed: 1, rounds: 1, tools });
    }),
  );
  await server.close();

  const after = knownIn(path);
  expect(after.operations).toBeGreaterThan(before.operations + 80);
  expect(after.changes).toEqual(before.changes);
  // Their order is that of their figures.
  for (const about of ['verdicts', 'odd', 'definitions'] as const)
    expect(after[about].toSorted()).toEqual(before[about].toSorted());
}, 60_000);
