import { expect, it } from 'vitest';
import { temporaryFolder } from '../store/store-rig.ts';
import { httpServer } from '../support/listen.ts';
import { openBrowser } from './browser.ts';
import { startShown } from './shown.ts';

it('health shows what keeps mcpspan from seeing a server as it is', async () => {
  using folder = temporaryFolder();
  await using upstream = await httpServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: endpoint\ndata: http://10.9.8.7:8000/messages?session_id=1\n\n');
  });
  await using shown = await startShown(`${upstream.url}/sse`, folder.in('store.db'));
  await using browser = await openBrowser();
  await using look = await browser.look(shown.page, 'health');
  const stream = await fetch(shown.url);
  await look.page
    .getByRole('main')
    .getByText('the server told its client to send its requests to 10.9.8.7:8000, past mcpspan')
    .waitFor();
  await look.page.getByRole('main').getByText('endpoints on other hosts, past mcpspan').waitFor();
  expect(look.troubles()).toEqual([]);
  await stream.body?.cancel();
});
