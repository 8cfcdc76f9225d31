import { describe, expect, it } from 'vitest';
import { checkKnownUpstreams } from '../../../src/commands/doctor/known-upstreams.ts';
import { UPSTREAM_FAULTS } from '../../../src/transport/upstream-fault.ts';
import { startFleet, type Fleet } from '../../store/fleet-rig.ts';
import { temporaryFolder } from '../../store/store-rig.ts';
import { runDoctor } from './doctor-run.ts';

const NOW = Date.UTC(2026, 0, 1);
const REFUSED = UPSTREAM_FAULTS.findIndex(({ what }) => what === 'nothing listens there') + 1;
const reached = () => ({ upstreamReached: 1 });
const down = () => ({ upstreamFailingSince: NOW - 60_000, upstreamRequestsFailed: 3, upstreamFault: REFUSED });

function checked(prepare: (fleet: Fleet) => void): ReturnType<typeof checkKnownUpstreams> {
  using folder = temporaryFolder();
  using fleet = startFleet(folder.in('store.db'));
  prepare(fleet);
  return checkKnownUpstreams(folder.in('store.db'), NOW);
}

describe('the upstreams of the mcpspan that runs', () => {
  it('are fine in one line where all can be reached', () => {
    const checks = checked((fleet) => {
      for (let server = 0; server < 100; server++) fleet.add(`server-${server}`, reached);
    });
    expect(checks).toMatchObject([{ state: 'ok', found: 'All 100 upstreams can be reached.' }]);
  });

  it('that cannot be reached have a line each, with what to do', () => {
    const checks = checked((fleet) => {
      for (const name of ['files', 'notes']) fleet.add(name, reached);
      fleet.add('quiz', down);
    });
    expect(checks).toMatchObject([
      { what: 'upstreams', state: 'warning', found: '1 of 3 upstreams cannot be reached. 2 can be reached.' },
      {
        what: 'quiz',
        state: 'warning',
        found: expect.stringMatching(
          /^http:\/\/quiz\.internal:3000 cannot be reached: nothing listens there \(3 requests since .* got 502 or 504\)\.$/,
        ),
        cure: expect.stringContaining('start the server'),
      },
    ]);
  });

  it('that cannot be reached are ten lines at most', () => {
    const checks = checked((fleet) => {
      for (let server = 0; server < 100; server++) fleet.add(`server-${server}`, down);
    });
    expect(checks).toHaveLength(11);
    expect(checks[0]?.found).toBe('100 of 100 upstreams cannot be reached.');
  });

  it('are not spoken of where nothing runs, nothing is recorded, or no record is kept', () => {
    using folder = temporaryFolder();
    expect(checkKnownUpstreams(undefined, NOW)).toEqual([]);
    expect(checkKnownUpstreams(folder.in('none.db'), NOW)).toEqual([]);
    const fleet = startFleet(folder.in('store.db'));
    fleet.add('quiz', down);
    fleet.file.close();
    expect(checkKnownUpstreams(folder.in('store.db'), NOW)).toEqual([]);
  });

  it('are a part of what doctor says', async () => {
    using folder = temporaryFolder();
    using fleet = startFleet(folder.in('store.db'), { at: Date.now() });
    fleet.add('files', reached);
    fleet.add('quiz', down);
    const { code, about } = await runDoctor({ store: folder.in('store.db') });
    expect(about('quiz')).toMatchObject([{ state: 'warning', section: 'Upstreams of the mcpspan that runs' }]);
    expect(code).toBe(0);
  });
});
