import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NewOperations } from '../../src/viewer/api.ts';
import { TIMERS } from '../../src/transport/timers.ts';
import { askByThread } from '../../src/viewer/asker.ts';
import { startPage, type Page } from '../../src/viewer/page-server.ts';
import { startRig, temporaryFolder, type Rig } from '../store/store-rig.ts';

const folder = temporaryFolder();
const about = { version: '1.2.3', notice: undefined, traceLink: undefined };
let rig: Rig;
let page: Page;
let guarded: Page;

const asker = (path = rig.path) => askByThread({ path, about }, () => rig.talk.clock.now(), TIMERS);

beforeAll(async () => {
  rig = startRig(folder.in('store.db'));
  rig.talk.initialize('a');
  rig.talk.call('a', 'search');
  rig.store.flush();
  page = await startPage({ host: '127.0.0.1', port: 0, token: undefined, asker: asker() });
  guarded = await startPage({ host: '127.0.0.1', port: 0, token: 's3cret', asker: asker() });
});

afterAll(() => {
  page.close();
  guarded.close();
  rig[Symbol.dispose]();
  folder[Symbol.dispose]();
});

const get = (path: string, headers: Record<string, string> = {}, of: Page = page): Promise<Response> =>
  fetch(`http://127.0.0.1:${of.port}${path}`, { headers });

describe('the page, as it is served', () => {
  it('is HTML that allows nothing but what comes from here', async () => {
    const response = await get('/');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toContain('/viewer/page/main.js');
  });

  it('serves each module that a module of it imports, without its types', async () => {
    const seen = new Set<string>();
    const visit = async (path: string): Promise<void> => {
      if (seen.has(path)) return;
      seen.add(path);
      const response = await get(path);
      expect(response.status, path).toBe(200);
      expect(response.headers.get('content-type'), path).toBe('text/javascript; charset=utf-8');
      const text = await response.text();
      expect(text, path).not.toMatch(/^\s*(import|export) (type|interface) /m);
      for (const [, to = ''] of text.matchAll(/^(?:import|} from)[^;]*?'([^']+)';/gm))
        await visit(new URL(to, `http://page${path}`).pathname);
    };
    await visit('/viewer/page/main.js');
    expect(seen).toContain('/uplot.js');
    expect(seen).toContain('/reading/figures.ts');
    expect(seen.size).toBeGreaterThan(10);
  });

  it.each([
    '/viewer/answer.js',
    '/store/reader.js',
    '/../package.json',
    '/viewer/page/..%2f..%2fcli.js',
    '/viewer/page/',
    '/api/',
    '/api/nothing',
    '/package.json',
  ])('does not serve %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it('sends again only what changed', async () => {
    const first = await get('/viewer/page/page.css');
    const again = await get('/viewer/page/page.css', { 'if-none-match': first.headers.get('etag') ?? '' });
    expect([first.status, again.status]).toEqual([200, 304]);
  });

  it('answers GET alone', async () => {
    const response = await fetch(`http://127.0.0.1:${page.port}/api/now`, { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('says what is in the store', async () => {
    expect(await (await get('/api/about')).json()).toMatchObject({
      version: '1.2.3',
      store: { operations: 2, sessions: 1 },
    });
    expect(await (await get('/api/tools?seconds=60')).json()).toMatchObject({ tools: [{ tool: 'search', calls: 1 }] });
  });

  it('says why there is nothing, and looks again when there is', async () => {
    const path = folder.in('later.db');
    const later = await startPage({ host: '127.0.0.1', port: 0, token: undefined, asker: asker(path) });
    const before = await get('/api/now', {}, later);
    expect(before.status).toBe(503);
    expect(await before.json()).toMatchObject({
      trouble: expect.stringContaining('is not there yet; run mcpspan first'),
    });
    using other = startRig(path);
    other.talk.initialize('b');
    other.store.flush();
    expect(await (await get('/api/about', {}, later)).json()).toMatchObject({ store: { sessions: 1 } });
    later.close();
  });

  it.each([
    ['?seconds=-1', 'a period that is none'],
    ['?seconds=1e99', 'one longer than there is'],
    [`?client=${'x'.repeat(5_000)}`, 'a name that is too long'],
    ["?client='; DROP TABLE sessions; --", 'what would be SQL'],
    ['?limit=0&operation=nothing', 'numbers that are none'],
  ])('takes %s, %s', async (query) => {
    for (const kind of ['now', 'sessions', 'clients', 'tools', 'health'])
      expect((await get(`/api/${kind}${encodeURI(query)}`)).status, kind).toBe(200);
    expect(await (await get('/api/about')).json()).toMatchObject({ store: { sessions: 1 } });
  });
});

describe('who may see the page', () => {
  /** `fetch` does not let anybody choose these. */
  const status = async (headers: Record<string, string>, of = page): Promise<number> => {
    const { statusCode, body } = await request(`http://127.0.0.1:${of.port}/api/about`, { headers });
    await body.dump();
    return statusCode;
  };

  it('is who comes by a name of this machine', async () => {
    expect(await status({ host: `localhost:${page.port}` })).toBe(200);
    expect(await status({ host: `[::1]:${page.port}` })).toBe(200);
    expect(await status({ host: 'evil.example' })).toBe(403);
    expect(await status({ host: `127.0.0.1.evil.example:${page.port}` })).toBe(403);
  });

  it('is no other page', async () => {
    const host = `127.0.0.1:${page.port}`;
    expect(await status({ host, origin: `http://${host}` })).toBe(200);
    expect(await status({ host, origin: 'http://127.0.0.1:9' })).toBe(403);
    expect(await status({ host, origin: 'null' })).toBe(403);
    expect(await status({ host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toBe(403);
    expect(await status({ host, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' })).toBe(403);
    expect(await status({ host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).toBe(200);
  });

  it('is who has the token, where there is one', async () => {
    const host = `127.0.0.1:${guarded.port}`;
    expect(await status({ host }, guarded)).toBe(401);
    expect(await status({ host, authorization: 'Bearer s3cret' }, guarded)).toBe(200);
    expect(await status({ host, authorization: 'Bearer s3cret2' }, guarded)).toBe(401);
    expect(await status({ host, authorization: 'Basic s3cret' }, guarded)).toBe(401);
    expect(await status({ host, cookie: `mcpspan_page_${guarded.port}=s3cret` }, guarded)).toBe(401);
    expect(await status({ host, cookie: `mcpspan_page_${guarded.port}=${'\u00e9'.repeat(64)}` }, guarded)).toBe(401);
  });

  it('is let in again by a cookie that is not the token, once the address had it', async () => {
    const response = await get('/?token=s3cret', {}, guarded);
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(response.status).toBe(200);
    expect(cookie).toMatch(/^mcpspan_page_\d+=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain('s3cret');
    expect((await get('/api/about', { cookie: cookie.split(';')[0] ?? '' }, guarded)).status).toBe(200);
    const wrong = await get('/?token=guess', {}, guarded);
    expect([wrong.status, wrong.headers.get('set-cookie')]).toEqual([401, null]);
    expect(await wrong.text()).toContain('This is not the token of this page.');
  });
});

describe('the stream of what is written', () => {
  async function* events(response: Response): AsyncGenerator<NewOperations> {
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
        text = text.slice(end + 2);
        if (data !== undefined) yield JSON.parse(data) as NewOperations;
      }
    }
  }

  it('tells what comes, and after a pause what came meanwhile', async () => {
    const leave = new AbortController();
    const stream = events(await fetch(`http://127.0.0.1:${page.port}/api/stream`, { signal: leave.signal }));
    const first = (await stream.next()).value;
    rig.talk.call('a', 'watched');
    rig.store.flush();
    const second: NewOperations = (await stream.next()).value;
    expect(second.operations.map(({ target }) => target)).toEqual(['watched']);
    expect(second.from).toBe(first.cursor);
    leave.abort();
    rig.talk.call('a', 'missed');
    rig.store.flush();
    const again = events(await get('/api/stream', { 'last-event-id': String(second.cursor) }));
    const told: NewOperations = (await again.next()).value;
    expect(told.operations.map(({ target }) => target)).toEqual(['missed']);
    await again.return(undefined);
  });

  it('is not opened by who asks for its head alone', async () => {
    const response = await fetch(`http://127.0.0.1:${page.port}/api/stream`, { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  });

  it('is not opened without bound', async () => {
    const leave = new AbortController();
    const opened = await Promise.all(
      Array.from({ length: 33 }, () =>
        fetch(`http://127.0.0.1:${guarded.port}/api/stream`, {
          signal: leave.signal,
          headers: { authorization: 'Bearer s3cret' },
        }),
      ),
    );
    expect(opened.filter(({ status }) => status === 200)).toHaveLength(32);
    expect(opened.filter(({ status }) => status === 503)).toHaveLength(1);
    leave.abort();
  });
});
