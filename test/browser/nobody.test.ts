import { createServer } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPlainServer } from '../e2e/plain-server.ts';
import { speakTo } from '../e2e/speaker.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/store-rig.ts';
import { httpServer } from '../support/listen.ts';
import { connectRaw } from '../support/raw.ts';
import { barriersIn } from './axe.ts';
import { openBrowser, PHONE, type Look, type OpenBrowser } from './browser.ts';
import { startShown } from './shown.ts';

const stack = new AsyncDisposableStack();
let folder: TemporaryFolder;
let browser: OpenBrowser;
beforeAll(async () => {
  folder = stack.use(temporaryFolder());
  browser = stack.use(await openBrowser());
});
afterAll(() => stack.disposeAsync());

const main = ({ page }: Look) => page.getByRole('main');

describe('while nobody has come', () => {
  it('the page gives the address and the lines for each client, and goes on by itself when one comes', async () => {
    await using upstream = await startPlainServer();
    await using shown = await startShown(upstream.url, folder.in('fresh.db'), ['--name', 'my quiz']);
    await using look = await browser.look(shown.page, 'now', { bypassCSP: true });
    await main(look).getByText('Waiting for the first request').waitFor();
    await main(look).getByText('it can be reached').waitFor();
    const text = await main(look).innerText();
    expect(text).toContain(shown.url);
    expect(text).toContain(`claude mcp add --transport http my-quiz ${shown.url}`);
    expect(await barriersIn(look.page)).toEqual([]);
    await look.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await main(look).getByRole('button', { name: 'Copy the address of my quiz' }).click();
    expect(await look.page.evaluate<string>('navigator.clipboard.readText()')).toBe(shown.url);
    const speaker = speakTo(shown.url, { name: 'cursor-vscode', version: '1.0.0' });
    await speaker.open();
    await speaker.call('echo');
    await main(look).getByText('1 call in all').waitFor();
    expect(look.troubles()).toEqual([]);
  });

  it('the lines for clients fit a phone', async () => {
    await using upstream = await startPlainServer();
    await using shown = await startShown(upstream.url, folder.in('phone.db'));
    await using look = await browser.look(shown.page, 'now', { viewport: PHONE });
    await main(look).getByText('Waiting for the first request').waitFor();
    expect(await look.page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(PHONE.width);
  });

  it('requests that mcpspan refuses are shown, with the flag that admits them', async () => {
    await using upstream = await startPlainServer();
    await using shown = await startShown(upstream.url, folder.in('refused.db'));
    for (let request = 0; request < 3; request++) {
      await using wire = await connectRaw(Number(new URL(shown.url).port));
      await wire.send('POST /mcp HTTP/1.1\r\nHost: quiz.example\r\nContent-Length: 0\r\n\r\n');
      await wire.readThrough('mcpspan:');
    }
    await using look = await browser.look(shown.page, 'now', { bypassCSP: true });
    const reason = "refused by mcpspan with HTTP 403: Host 'quiz.example' is not allowed here";
    await main(look).getByText(reason).waitFor();
    expect(await main(look).innerText()).toContain('--allow-host quiz.example');
    await look.show('health');
    await main(look).getByText(reason).waitFor();
    expect(look.troubles()).toEqual([]);
  });
});

describe('an upstream that cannot be reached', () => {
  it('is a banner on every view, with the reason, the cost and the cure, until it can', async () => {
    const dead = await httpServer((_request, response) => response.end());
    await dead.close();
    await using shown = await startShown(`${dead.url}/mcp`, folder.in('dead.db'), ['--name', 'quiz']);
    for (let request = 0; request < 3; request++)
      expect((await fetch(shown.url, { method: 'POST', body: '{}' })).status).toBe(502);
    await using look = await browser.look(shown.page, 'now', { bypassCSP: true });
    const alert = main(look).getByRole('alert');
    await alert.getByText(/cannot be reached: nothing listens there \(3 requests since \S+ got 502 or 504\)/).waitFor();
    expect(await alert.innerText()).toContain('start the server, or correct the host or the port');
    for (const view of ['sessions', 'clients', 'tools', 'health']) {
      await look.show(view);
      await alert.waitFor();
    }
    expect(await barriersIn(look.page)).toEqual([]);
    const alive = createServer((_request, response) => response.end('{}')).listen(dead.port, '127.0.0.1');
    await once(alive, 'listening');
    await alert.waitFor({ state: 'detached' });
    alive.close();
    alive.closeAllConnections();
  });
});
