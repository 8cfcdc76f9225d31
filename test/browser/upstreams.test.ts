import { afterAll, beforeAll, expect, it } from 'vitest';
import { Privacy } from '../../src/session/privacy.ts';
import { openStoreFile } from '../../src/store/store.ts';
import { UPSTREAM_FAULTS } from '../../src/transport/upstream-fault.ts';
import { TIMERS } from '../../src/transport/timers.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/store-rig.ts';
import { barriersIn } from './axe.ts';
import { openBrowser, PHONE, type Look, type OpenBrowser } from './browser.ts';
import { startPageOver } from './shown.ts';
import { rowsOf, tableWith } from './table.ts';

const stack = new AsyncDisposableStack();
let folder: TemporaryFolder;
let browser: OpenBrowser;
beforeAll(async () => {
  folder = stack.use(temporaryFolder());
  browser = stack.use(await openBrowser());
});
afterAll(() => stack.disposeAsync());

const main = ({ page }: Look) => page.getByRole('main');
const REFUSED = UPSTREAM_FAULTS.findIndex(({ what }) => what === 'nothing listens there') + 1;
const NAMES = ['files', 'calendar', 'quiz', ...Array.from({ length: 97 }, (_, index) => `team-${index}`)];

/** A process with so many servers, of which some cannot be reached; it runs until it is disposed of. */
function startFleet(path: string, servers: number, down: readonly string[]): Disposable {
  const skew = Date.now() - TIMERS.now();
  const startedAt = Date.now() - 7_200_000;
  const file = openStoreFile({
    path,
    maxBytes: 2 ** 26,
    days: 7,
    timers: TIMERS,
    skew: () => skew,
    say: (line) => expect.fail(line),
    onLost: () => expect.fail('nothing is lost'),
  });
  for (const server of NAMES.slice(0, servers)) {
    const about = {
      instance: 'a-process',
      pid: 4_242,
      server,
      transport: 'http',
      version: '1.2.3',
      address: `http://127.0.0.1:4100/${server}`,
      upstream: `http://${server}.internal:3000`,
      exports: { traces: 'http://collector:4318', metrics: 'http://collector:4318' },
      startedAt,
    } as const;
    const health = down.includes(server)
      ? { upstreamFailingSince: startedAt + 60_000, upstreamRequestsFailed: 14, upstreamFault: REFUSED }
      : { upstreamReached: 1 };
    file.server({
      server,
      privacy: new Privacy({ capture: [], hashIds: false, upstreamPath: '/mcp' }),
      process: { about, figures: () => ({ observerRestarts: 2, ...health }) },
    });
  }
  return { [Symbol.dispose]: () => file.close() };
}

it('a process of one server says in its row how its upstream fares', async () => {
  using _ = startFleet(folder.in('one.db'), 1, ['files']);
  await using shown = await startPageOver(folder.in('one.db'));
  await using look = await browser.look(shown.page, 'health');
  expect(await rowsOf(tableWith(main(look), 'Server', 'State'))).toMatchObject([
    { Server: 'files', 'From, to': expect.stringMatching(/files\.internal:3000.*cannot be reached.*14 requests/s) },
  ]);
  expect(await main(look).getByRole('region', { name: 'Upstreams' }).count()).toBe(0);
  expect(look.troubles()).toEqual([]);
});

it('of three servers in one process, the one that cannot be reached stands out, and the process counts once', async () => {
  using _ = startFleet(folder.in('three.db'), 3, ['quiz']);
  await using shown = await startPageOver(folder.in('three.db'));
  await using look = await browser.look(shown.page, 'health', { bypassCSP: true });
  const board = main(look).getByRole('region', { name: 'Upstreams' });
  expect(await board.locator('> p').innerText()).toBe('1 of 3 upstreams cannot be reached. 2 can be reached.');
  expect(await board.locator('.down > li').allInnerTexts()).toEqual([
    expect.stringMatching(
      /^quiz\s+http:\/\/quiz\.internal:3000 cannot be reached: nothing listens there \(14 requests since /,
    ),
  ]);
  expect(await board.locator('.board > li strong').allInnerTexts()).toEqual(['calendar', 'files']);
  expect(await rowsOf(tableWith(main(look), 'Server', 'State'))).toMatchObject([
    {
      Server: 'calendar, files, quiz',
      'From, to': '1 of 3 upstreams cannot be reached. 2 can be reached.',
      Troubles: 'the observer was restarted 2 times',
    },
  ]);
  expect(await look.page.getByRole('alert').allInnerTexts()).toEqual([expect.stringMatching(/^quiz: http/)]);
  expect(await barriersIn(look.page)).toEqual([]);
});

it('a hundred servers fit on a screen, those that cannot be reached first, with one notice above every view', async () => {
  const down = ['quiz', 'team-3', 'team-50', 'team-96'];
  using _ = startFleet(folder.in('hundred.db'), 100, down);
  await using shown = await startPageOver(folder.in('hundred.db'));
  await using look = await browser.look(shown.page, 'health');
  const board = main(look).getByRole('region', { name: 'Upstreams' });
  expect(await board.locator('.down > li strong').allInnerTexts()).toEqual(down);
  expect(await board.locator('.board > li').count()).toBe(96);
  expect((await board.boundingBox())?.height).toBeLessThan(1_400);
  expect(await look.page.getByRole('alert').allInnerTexts()).toEqual([
    'quiz, team-3 and 2 more: 4 of 100 upstreams cannot be reached. 96 can be reached. What to do',
  ]);
  expect(await rowsOf(tableWith(main(look), 'Server', 'State'))).toMatchObject([
    { Server: 'calendar, files and 98 more', Troubles: 'the observer was restarted 2 times' },
  ]);
  await look.show('now');
  await main(look).getByText('Waiting for the first request').waitFor();
  expect(await main(look).getByRole('article').count()).toBe(3);
  expect(
    await main(look)
      .getByRole('button', { name: /^Copy the address of / })
      .count(),
  ).toBe(100);
  expect(look.troubles()).toEqual([]);
  await using small = await browser.look(shown.page, 'health', { viewport: PHONE });
  expect(await small.page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(PHONE.width);
});
