import http from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../e2e/cli.ts';
import { httpServer } from '../support/listen.ts';
import { setStage, type Stage } from './stage.ts';
import { startShown, type Shown } from './shown.ts';

const TOKEN = 'open sesame+&=';
const query = `/?token=${encodeURIComponent(TOKEN)}`;

let stage: Stage;
let guarded: Shown;
beforeAll(async () => {
  stage = await setStage();
  guarded = await startShown(stage.upstream, stage.store, ['--page-token', TOKEN]);
});
afterAll(async () => {
  await guarded[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
}

/** A request exactly as it is given: what no browser and no `fetch` would send, too. */
async function send(
  { page }: Shown,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Answer> {
  const { hostname, port } = new URL(page);
  const request = http.request({ host: hostname, port, path, method, headers, agent: false });
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      textOf(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        reject,
      );
    });
    request.end();
  });
}

describe('without a token', () => {
  it('the page is at each name of this machine', async () => {
    const { port } = new URL(stage.shown.page);
    for (const host of ['127.0.0.1', 'localhost', '[::1]', 'LOCALHOST', '127.1.2.3'])
      expect((await send(stage.shown, '/', { host: `${host}:${port}` })).status, host).toBe(200);
  });

  it('it is at no other name, so that nobody rebinds one', async () => {
    const { port } = new URL(stage.shown.page);
    for (const host of ['evil.test', `evil.test:${port}`, 'localhost.evil.test', '127.0.0.1.evil.test', '10.0.0.1'])
      for (const path of ['/', '/api/now', '/api/stream'])
        expect((await send(stage.shown, path, { host })).status, `${host}${path}`).toBe(403);
  });

  it('it answers no page of another origin', async () => {
    const { origin, port } = new URL(stage.shown.page);
    const same = await send(stage.shown, '/api/now', { origin, host: `127.0.0.1:${port}` });
    expect(same.status).toBe(200);
    for (const other of ['https://evil.test', 'null', 'http://127.0.0.1:1', `http://localhost:${port}`])
      expect((await send(stage.shown, '/api/now', { origin: other })).status, other).toBe(403);
    for (const site of ['cross-site', 'same-site'])
      for (const mode of ['cors', 'no-cors'])
        for (const path of ['/api/now', '/api/stream', '/viewer/page/main.js']) {
          const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': mode };
          expect((await send(stage.shown, path, headers)).status, `${site} ${mode} ${path}`).toBe(403);
        }
  });

  it('a link elsewhere may lead to it', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect((await send(stage.shown, '/', headers)).status).toBe(200);
  });

  it('a page of another origin in a browser learns nothing from it', async () => {
    const target = stage.shown.page;
    await using evil = await httpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<iframe src="${target}/"></iframe><script type="module" src="${target}/uplot.js"></script>`);
    });
    await using look = await stage.browser.look(target);
    const { page } = look;
    const failed: string[] = [];
    page.on('requestfailed', (request) => failed.push(new URL(request.url()).pathname));
    await page.goto(evil.url);
    for (const mode of ['cors', 'no-cors'])
      expect(
        await page.evaluate(
          `fetch('${target}/api/now', { mode: '${mode}' }).then(({ ok }) => (ok ? 'read' : 'closed'), () => 'failed')`,
        ),
      ).not.toBe('read');
    expect(failed).toContain('/uplot.js');
    await expect.poll(() => look.troubles().join('\n')).toContain('frame-ancestors');
    expect(await page.frameLocator('iframe').getByRole('navigation').count()).toBe(0);
  });

  it('it is read-only: other methods are refused', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])
      for (const path of ['/', '/api/now', '/nowhere']) {
        const { status, headers } = await send(stage.shown, path, {}, method);
        expect(status, `${method} ${path}`).toBe(405);
        expect(headers.allow).toBe('GET, HEAD');
      }
    expect(await send(stage.shown, '/', {}, 'HEAD')).toMatchObject({ status: 200, text: '' });
  });

  it('it serves its own files and nothing that lies beside them', async () => {
    const paths = [
      '/../package.json',
      '/../../../../../../etc/passwd',
      '/%2e%2e/%2e%2e/package.json',
      '/..%2f..%2fpackage.json',
      '/viewer/page/../../cli.ts',
      '/viewer/page/..%2f..%2fcli.ts',
      '/viewer/page/%2e%2e/page-access.ts',
      '/viewer/page/tsconfig.json',
      '/viewer/page/',
      '/viewer/page-access.js',
      '/store/reader.js',
      '//etc/passwd',
      '/\\..\\package.json',
      '/viewer/page/main.js%00.css',
      '/api/',
      '/api/__proto__',
      '/constructor',
    ];
    for (const path of paths) expect((await send(stage.shown, path)).status, path).toBe(404);
  });

  it('nonsensical questions get an answer too', async () => {
    for (const query of [
      'seconds=-1',
      'seconds=1e99',
      'limit=999999999',
      'session=x',
      'tool=%00',
      `client=${'x'.repeat(5_000)}`,
    ])
      for (const kind of ['now', 'sessions', 'session', 'clients', 'tools', 'health'])
        expect((await send(stage.shown, `/api/${kind}?${query}`)).status, `${kind} ${query}`).toBe(200);
  });
});

describe('with a token', () => {
  it('the page is refused without it, or with another', async () => {
    for (const path of ['/', '/api/now', '/api/stream', '/uplot.js', '/nowhere']) {
      const { status, headers } = await send(guarded, path);
      expect(status, path).toBe(401);
      expect(headers['www-authenticate']).toContain('Bearer');
      for (const authorization of ['Bearer wrong', 'Bearer ', 'Basic b3Blbg==', `Bearer ${'x'.repeat(9_000)}`])
        expect((await send(guarded, path, { authorization })).status, authorization.slice(0, 20)).toBe(401);
    }
    expect((await send(guarded, '/?token=wrong')).status).toBe(401);
    expect((await send(guarded, '/', { cookie: `mcpspan_page_${new URL(guarded.page).port}=wrong` })).status).toBe(401);
  });

  it('programs send it as a bearer', async () => {
    const { status, headers, text } = await send(guarded, '/api/about', { authorization: `Bearer ${TOKEN}` });
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    expect(JSON.parse(text)).toMatchObject({ store: { path: stage.store } });
  });

  it('in the address it becomes a cookie that no script reads and no other site sends', async () => {
    const { status, headers } = await send(guarded, query);
    expect(status).toBe(200);
    const [cookie = ''] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Strict/);
    expect(cookie).not.toContain('sesame');
    expect((await send(guarded, '/api/now', { cookie: cookie.split(';')[0] ?? '' })).status).toBe(200);
  });

  it('the address bar loses the token, and the page works on with it', async () => {
    await using look = await stage.browser.look(stage.shown.page);
    const { page } = look;
    await page.goto(`${guarded.page}${query}#sessions?seconds=900`);
    await page.getByRole('main').getByText('No session in this period.').waitFor();
    expect(page.url()).toBe(`${guarded.page}/#sessions?seconds=900`);
    await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');
    await page.reload();
    await page.getByRole('main').getByText('No session in this period.').waitFor();
  });

  it('a browser without it gets a form for it', async () => {
    await using look = await stage.browser.look(stage.shown.page);
    const { page } = look;
    await page.goto(`${guarded.page}/#health`);
    await page.getByLabel('Token').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByText('This is not the token of this page.').waitFor();
    await page.getByLabel('Token').fill(TOKEN);
    await page.getByRole('button').click();
    await page.getByRole('navigation').waitFor();
    expect(page.url()).not.toContain('sesame');
  });
});

describe('beyond loopback', () => {
  it.each([[['--upstream', 'http://127.0.0.1:9/mcp']], [['page']]])('%j is refused without a token', async (words) => {
    await using cli = runCli([...words, '--store', stage.folder.in('beyond.db'), '--page', '0.0.0.0:0']);
    expect(await cli.ended).toBe(2);
    expect(cli.stderr()).toContain('--page-token');
  });

  it('the token lets in under any name', async () => {
    const args = ['--page', '0.0.0.0:0', '--page-token', TOKEN];
    await using open = await startShown(stage.upstream, stage.folder.in('open.db'), args);
    const { port } = new URL(open.page);
    const host = `mcpspan.lan:${port}`;
    expect((await send(open, query, { host })).status).toBe(200);
    expect((await send(open, '/', { host })).status).toBe(401);
    expect((await send(open, query, { host, origin: 'http://evil.test' })).status).toBe(403);
  });
});
