import { beforeAll, describe, expect, it } from 'vitest';
import { startClientHost } from './client-host.ts';
import { directTable, documented, knownTable, throughTable, unsuccessful, type Known } from './report.ts';
import { CLIENT_SELECTIONS, runAll, type Outcome } from './suites.ts';
import { versions } from './versions.ts';

const KNOWN: readonly Known[] = [
  {
    suite: '0.1',
    scenario: 'auth/2025-03-26-oauth-metadata-backcompat',
    why: 'fails: its metadata names another issuer than the place it is found at, and the SDK takes only what names itself (RFC 8414, 3.3)',
  },
  {
    suite: '0.2',
    scenario: 'http-standard-headers',
    why: 'skips what this revision does not have: `initialize` and `notifications/initialized`',
  },
];
const PACKAGES = ['conformance', 'client'].map((name) => `@modelcontextprotocol/${name}`);

/** The suite starts its clients all at once, and they wait for each other. */
const PATIENCE = ['--timeout', '280000'];

const EVERYTHING = '--propagate meta --spans server+client --capture errors,arguments,results,uris';
const WAYS = [
  { title: 'as it comes', shown: 'no flags', flags: [] },
  { title: 'with everything switched on', shown: `\`${EVERYTHING}\``, flags: EVERYTHING.split(' ') },
];

const ways: { shown: string; through: Outcome }[] = [];
let direct: Outcome;

async function runWith(flags?: readonly string[]): Promise<Outcome> {
  await using host = await startClientHost(flags);
  const outcome = await runAll('client', CLIENT_SELECTIONS, ['--command', host.command, ...PATIENCE]);
  expect(host.past).toEqual([]);
  return outcome;
}

beforeAll(async () => {
  direct = await runWith();
}, 300_000);

describe('our client', () => {
  it('satisfies the suites, except where it is known why not', () => {
    expect(unsuccessful(direct)).toEqual(KNOWN.map(({ suite, scenario }) => `${suite} ${scenario}`));
  });
});

describe.each(WAYS)('the client suites through mcpspan, $title', ({ shown, flags }) => {
  let through: Outcome;

  beforeAll(async () => {
    through = await runWith(flags);
    ways.push({ shown, through });
  }, 300_000);

  it.each(CLIENT_SELECTIONS)('come out as they do directly: $suite $choose', (selection) => {
    expect(through.get(selection)).toEqual(direct.get(selection));
  });
});

describe('docs/conformance.md', () => {
  it('says what came out', () => {
    const parts = [
      versions(PACKAGES),
      directTable(direct, CLIENT_SELECTIONS),
      throughTable(ways, direct),
      knownTable(KNOWN),
    ];
    const measured = parts.join('\n\n');
    expect(documented('client', measured)).toBe(measured);
  });
});
