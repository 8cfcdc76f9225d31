import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INSTALL_TIMEOUT } from '../clients/cached.ts';
import { CALLS, direct, through, type Passage, type Place } from './pair.ts';
import { languageRow, type LanguageRow } from './row.ts';
import { install, missing, type Transport } from './sdk.ts';
import { SDKS, TYPESCRIPT } from './sdks.ts';
import { startServer, type Report } from './talk.ts';
import { right, stall, told } from './told.ts';

/** `all`: the extras of each SDK, too. */
const ALL = process.env['MCPSPAN_TEST_LANGUAGES'] === 'all';
const leftOut = SDKS.filter(({ toolchain }) => toolchain.version() === undefined);
for (const sdk of leftOut) console.warn(missing(sdk));

const rows: LanguageRow[] = [];

/** What is the same each time: the Java SDK's client hands out two notifications at once. */
const withoutTimes = ({ server, tools, calls }: Report) => ({
  server,
  tools,
  calls: calls.map(({ tool, isError, text, progress }) => ({
    tool,
    isError,
    text,
    progress: progress.toSorted(ascending),
  })),
});

const ascending = (a: number, b: number): number => a - b;

/** What each client gets from each server. @param server its name */
const answers = (server: string) => ({
  server,
  tools: expect.arrayContaining(['echo', 'fail', 'slow']),
  calls: CALLS.map(({ name, arguments: given }) => ({
    tool: name,
    isError: name === 'fail',
    text: 'message' in given ? given.message : expect.any(String),
    progress: name === 'slow' ? [1, 2] : [],
  })),
});

for (const sdk of SDKS) {
  describe.skipIf(leftOut.includes(sdk))(`${sdk.title} ${sdk.version}`, () => {
    let folder: string;
    beforeAll(async () => {
      folder = await install(sdk, console.warn);
    }, INSTALL_TIMEOUT);

    describe.each([...sdk.transports, ...(ALL ? (sdk.extras ?? []) : [])])('over %s', (transport: Transport) => {
      let place: Place;
      const closing = new AsyncDisposableStack();
      beforeAll(async () => {
        const command = sdk.command(folder);
        place =
          transport === 'stdio'
            ? { command: [...command, 'server', transport] }
            : closing.use(await startServer(command, transport));
      });
      afterAll(() => closing.disposeAsync());

      it.each([sdk, TYPESCRIPT])('is to the client $title what it is without us, and is told of', async (client) => {
        const command = client.command(folder);
        const alone = await direct(command, transport, place);
        expect(withoutTimes(alone)).toEqual(answers(`${sdk.id}-server`));
        await through(command, transport, place, (passage: Passage) => {
          expect(withoutTimes(passage.report)).toEqual(withoutTimes(alone));
          expect(told(passage, transport)).toEqual(right(`${client.id}-client`, `${sdk.id}-server`));
          // Told, not asserted: the machine's load may look the same.
          const stalled = stall(passage.report.calls, alone.calls);
          if (stalled !== undefined) console.warn(`${sdk.title}, ${client.title}: ${stalled}`);
          rows.push(languageRow(sdk, transport, client, passage));
        });
      });
    });
  });
}

it.skipIf(ALL || leftOut.length > 0)('is as docs/clients.md says', async () => {
  await expect(`${JSON.stringify(rows, null, 2)}\n`).toMatchFileSnapshot('./results.json');
});
