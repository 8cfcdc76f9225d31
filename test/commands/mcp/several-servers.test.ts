import { expect, it } from 'vitest';
import { whatToLookAt } from '../../../src/commands/mcp/findings-tool.ts';
import { startFleet } from '../../store/fleet-rig.ts';
import { temporaryFolder } from '../../store/store-rig.ts';

it('a process with several servers is one that runs', () => {
  using folder = temporaryFolder();
  using fleet = startFleet(folder.in('store.db'));
  for (const name of ['files', 'notes', 'quiz']) fleet.add(name).talk.initialize('same');
  fleet.pass(1_000);
  const answer = fleet.read((reader) => whatToLookAt.answer(reader, {}, Date.UTC(2026, 0, 1)));
  expect(answer).toMatchObject({
    structured: { record: { running: 1, sessions: 3, servers: ['files', 'notes', 'quiz'] } },
  });
});
