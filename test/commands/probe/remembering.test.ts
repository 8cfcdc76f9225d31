import { expect, it } from 'vitest';
import { serverAt } from '../../../src/commands/probe/remembering.ts';
import { startFleet } from '../../store/fleet-rig.ts';
import { temporaryFolder } from '../../store/store-rig.ts';

it.each([
  ['http://127.0.0.1:4100/quiz', 'quiz'],
  ['http://127.0.0.1:4100/files', 'files'],
  ['http://files.internal:3000/mcp', 'files'],
  ['http://127.0.0.1:4100/mcp', 'files'],
  ['http://elsewhere:4100/quiz', 'elsewhere:4100'],
])('what a probe of %s proves is kept under the name that the record has for it: %s', (url, server) => {
  using folder = temporaryFolder();
  using fleet = startFleet(folder.in('store.db'));
  for (const name of ['files', 'quiz']) fleet.add(name);
  expect(
    serverAt(
      new URL(url),
      fleet.read((reader) => reader.processes()),
    ),
  ).toBe(server);
});
