import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bytes, duration, percent, ratio } from '../../src/reading/figures.ts';
import { tokensIn, tokensInWords } from '../../src/reading/tokens.ts';
import type { ClientFigures } from '../../src/store/client-figures.ts';
import type { StoredSession } from '../../src/store/session-queries.ts';
import type { ToolFigures } from '../../src/store/tool-figures.ts';
import { VIEWS, type Look } from './browser.ts';
import { playAll, setStage, type Stage } from './stage.ts';
import { rowsOf, tableWith } from './table.ts';

const ENTRY = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

let stage: Stage;
let look: Look;
let cursor: Awaited<ReturnType<typeof playAll>>;
beforeAll(async () => {
  stage = await setStage();
  cursor = await playAll(stage.shown.url);
  await stage.shown.untilCalled(18);
  look = await stage.browser.look(stage.shown.page);
});
afterEach(() => expect(look.troubles()).toEqual([]));
afterAll(async () => {
  await cursor.close();
  await look[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

/** What a command says of the store, as JSON. */
function told<Command extends keyof Said>(command: Command, ...args: readonly string[]): Said[Command][] {
  const words = [ENTRY, command, ...args, '--store', stage.store, '--json'];
  // Each command has its type.
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as Said[Command][];
}

interface Said {
  clients: ClientFigures & { handshakesPerCall: number | null; callsPerSession: number | null };
  sessions: StoredSession;
  tools: ToolFigures & { unused: boolean };
}

const main = () => look.page.getByRole('main');

describe('now', () => {
  it('shows the figures of all traffic', async () => {
    await look.show('now');
    const { all } = await stage.shown.ask('now');
    const said = () => main().getByRole('region', { name: 'Traffic' }).innerText();
    await expect.poll(said).toContain(`${all.toolCalls} calls in all`);
    expect(await said()).toContain(`${all.failed} of ${all.operations} operations; ${all.rejected} more rejected`);
    expect(await said()).toContain(percent(all.failed / all.operations));
    expect(await said()).toContain(duration(all.p95Seconds));
    expect(await said()).toContain(duration(all.p50Seconds));
    expect(await said()).toContain(`${all.handshakes} handshakes`);
    expect(await said()).toContain(ratio(all.handshakes, all.toolCalls));
  });

  it('shows of each client what `mcpspan clients` says', async () => {
    await look.show('now');
    const rows = await rowsOf(tableWith(main(), 'Client', 'Handshakes per call'));
    const expected = told('clients').map(({ client, toolCalls, handshakes, failed, rejected, p95Seconds }) => ({
      Client: expect.stringContaining(shownAs(client)),
      'Tool calls': String(toolCalls),
      'Handshakes per call': ratio(handshakes, toolCalls),
      Failed: percent(failed / toolCalls),
      Rejected: percent(rejected / toolCalls),
      p95: duration(p95Seconds),
    }));
    expect(expected).toHaveLength(4);
    expect(rows).toEqual(expected.map((row) => expect.objectContaining(row)));
  });

  it('lists live sessions, and leads to each', async () => {
    await look.show('now');
    const [session] = (await stage.shown.ask('sessions', { client: 'cursor' })).sessions;
    await main().getByRole('listitem').filter({ hasText: 'session, 6 calls' }).getByRole('link').click();
    await look.page.waitForURL(new RegExp(`#sessions\\?session=${session?.traceId}$`));
    expect(await main().getByRole('button', { expanded: true }).innerText()).toContain('cursor');
  });
});

describe('sessions', () => {
  it('shows what `mcpspan sessions` says, the last active first', async () => {
    await look.show('sessions');
    const rows = await rowsOf(tableWith(main(), 'Client', 'Operations'));
    const expected = told('sessions', '--limit', '100').map(
      ({ client, operations, toolCalls, failed, rejected, id }) => ({
        Client: expect.stringContaining(shownAs(client)),
        Operations: String(operations),
        Calls: String(toolCalls),
        Failed: String(failed),
        Rejected: String(rejected),
        Id: String(id).slice(0, 12),
      }),
    );
    expect(expected.length).toBeGreaterThanOrEqual(8);
    expect(rows).toEqual(expected.map((row) => expect.objectContaining(row)));
  });

  it('does not call activity a session', async () => {
    await look.show('sessions');
    const rows = await rowsOf(tableWith(main(), 'Client', 'Kind'));
    const kinds = rows.map((row) => [/^\W*([\w.-]+)/.exec(row['Client'] ?? '')?.[1], row['Kind']]);
    expect(kinds).toContainEqual(['chatgpt', 'session']);
    expect(kinds).toContainEqual(['antigravity', expect.stringMatching(/^no session id, /)]);
  });

  it('shows only those of a client, when that is chosen', async () => {
    await look.show('sessions');
    await look.page.getByRole('combobox', { name: 'Client' }).selectOption('cursor');
    await expect.poll(() => rowsOf(tableWith(main(), 'Client', 'Kind'))).toHaveLength(1);
    expect(look.page.url()).toContain('client=cursor');
  });
});

/** What people read in the place of a label. */
const shownAs = (label: string): string => (label === '_OTHER' ? 'unknown names' : label);

describe('clients', () => {
  it('shows them side by side, and explains each in a sentence', async () => {
    await look.show('clients');
    const rows = await rowsOf(tableWith(main(), 'Client', 'Handshakes per call'));
    const expected = told('clients');
    expect(rows).toEqual(
      expected.map(({ client, handshakesPerCall, callsPerSession }) =>
        expect.objectContaining({
          Client: shownAs(client),
          'Handshakes per call': Number(handshakesPerCall).toFixed(2),
          'Calls per session': callsPerSession === null ? '–' : Number(callsPerSession).toFixed(2),
        }),
      ),
    );
    const { clients } = await stage.shown.ask('clients');
    for (const { sentence } of clients) await main().getByText(sentence).waitFor();
    expect(clients.find(({ client }) => client === 'chatgpt')?.sentence).toContain(
      'made 6 tool calls in 6 sessions (1.00 each)',
    );
  });
});

describe('tools', () => {
  it('shows what `mcpspan tools` says, with the tools that nobody called', async () => {
    await look.show('tools');
    const rows = await rowsOf(tableWith(main(), 'Tool', 'p99'));
    const expected = told('tools').map(
      ({ tool, calls, failed, rejected, p95Seconds, medianAnswerBytes, definition, unused }) => ({
        Tool: unused ? `${tool} unused` : shownAs(tool),
        Calls: String(calls),
        Failed: percent(calls === 0 ? undefined : failed / calls),
        Rejected: percent(calls === 0 ? undefined : rejected / calls),
        p95: duration(p95Seconds),
        'Median answer': bytes(medianAnswerBytes),
        'Tokens listed':
          definition === null || definition === undefined ? '–' : tokensInWords(tokensIn(definition.bytes)),
      }),
    );
    expect(expected).toContainEqual(expect.objectContaining({ Tool: 'test_simple_text', Calls: '14' }));
    expect(expected).toContainEqual(expect.objectContaining({ Tool: 'test_error_handling', Failed: '100 %' }));
    expect(rows).toEqual(expected.map((row) => expect.objectContaining(row)));
  });

  it('shows how each tool answers each client', async () => {
    await look.show('tools');
    const rows = await rowsOf(tableWith(main(), 'Tool', 'chatgpt', 'cursor'));
    expect(rows).toContainEqual({
      Tool: 'test_simple_text',
      chatgpt: expect.stringMatching(/^\d+ B ×6$/),
      antigravity: expect.stringMatching(/^\d+ B ×5$/),
      cursor: expect.stringMatching(/^\d+ B ×3$/),
      unknown: '–',
    });
    expect(rows).toContainEqual(expect.objectContaining({ Tool: 'test_error_handling', cursor: '×1100 % failed' }));
  });
});

describe('health', () => {
  it('shows which mcpspan runs, between whom, and that nothing leaves', async () => {
    await look.show('health');
    const [row] = await rowsOf(tableWith(main(), 'Server', 'State', 'Troubles'));
    expect(row).toMatchObject({ Server: 'quiz', State: expect.stringMatching(/^running for /) });
    expect(row?.['From, to']).toContain(stage.shown.url);
    expect(row?.['From, to']).toContain(new URL(stage.upstream).origin);
    expect(row?.['Telemetry goes to']).toContain('nowhere');
  });

  it('shows where the store is, and what it holds', async () => {
    await look.show('health');
    const { store } = await stage.shown.ask('health');
    await main().getByText(stage.store).waitFor();
    await main().getByText(`${store.operations} operations in ${store.sessions} sessions and activities`).waitFor();
  });
});

const folder = process.env['MCPSPAN_TEST_SCREENSHOTS'] ?? '';
if (folder !== '') {
  it.each(VIEWS)('%s is drawn into a file, to be looked at', async (view) => {
    await look.show(view);
    if (view === 'sessions') {
      await main().getByRole('button', { name: 'cursor' }).click();
      await main().locator('summary').first().waitFor();
    }
    const path = join(folder, `${view}.png`);
    await look.page.screenshot({ path, fullPage: true });
    expect(existsSync(path)).toBe(true);
  });
}
