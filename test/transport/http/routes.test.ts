import { describe, expect, it } from 'vitest';
import { Routes } from '../../../src/transport/http/routes.ts';
import { Served, type ServedOptions } from '../../../src/transport/http/served.ts';
import { servedOptions } from '../../support/relay.ts';

interface Place {
  host?: string;
  path?: string;
  upstream?: string;
  allowHost?: readonly string[];
}

const LISTENING_ON = '127.0.0.1';

function routes(places: Readonly<Record<string, Place>>, listeningOn = LISTENING_ON): Routes {
  const all = Object.entries(places).map(([name, { upstream = `http://${name}:3000/mcp`, ...place }], index) => {
    const options: Partial<ServedOptions> = { index, ...place };
    return new Served(servedOptions(upstream, options), listeningOn, undefined);
  });
  return new Routes(all, listeningOn);
}

/** Where a request goes: the server, and the target with which it goes on; or the status and the text of a refusal. */
function find(table: Routes, target: string, host = '127.0.0.1:4100', origin?: string): string {
  let sent = target;
  const found = table.find({
    host,
    origin,
    target,
    placePath: (from, to, path) => {
      const isWhole = path === '' && target[to] !== '/';
      sent = `${target.slice(0, from)}${isWhole ? '/' : path}${target.slice(to)}`;
    },
  });
  return found instanceof Served ? `${found.upstream.origin.slice(7)} ${sent}` : `${found.status} ${found.text}`;
}

describe('one server without a place', () => {
  it('gets all requests as they are', () => {
    const table = routes({ quiz: {} });
    expect(find(table, '/anything?x=1')).toBe('quiz:3000 /anything?x=1');
  });
});

describe('servers by path', () => {
  const table = routes({
    quiz: { path: '/quiz' },
    long: { path: '/quiz/long' },
    root: { path: '/root', upstream: 'http://root:3000/' },
    same: { path: '/mcp' },
  });

  it.each([
    ['/quiz', 'quiz:3000 /mcp'],
    ['/quiz?a=/quiz', 'quiz:3000 /mcp?a=/quiz'],
    ['/quiz/', 'quiz:3000 /mcp/'],
    ['/quiz/x/y?z', 'quiz:3000 /mcp/x/y?z'],
    ['/quiz/long', 'long:3000 /mcp'],
    ['/quiz/long/x', 'long:3000 /mcp/x'],
    ['/quiz/longer', 'quiz:3000 /mcp/longer'],
    ['/root', 'root:3000 /'],
    ['/root?x', 'root:3000 /?x'],
    ['/root/x', 'root:3000 /x'],
    ['/mcp', 'same:3000 /mcp'],
    ['/.well-known/oauth-protected-resource/quiz', 'quiz:3000 /.well-known/oauth-protected-resource/mcp'],
    ['/.well-known/oauth-authorization-server/quiz/long', 'long:3000 /.well-known/oauth-authorization-server/mcp'],
    ['/.well-known/openid-configuration/quiz?x', 'quiz:3000 /.well-known/openid-configuration/mcp?x'],
    ['/quiz/.well-known/openid-configuration', 'quiz:3000 /mcp/.well-known/openid-configuration'],
    ['/.well-known/oauth-protected-resource/mcp', 'same:3000 /.well-known/oauth-protected-resource/mcp'],
    ['http://127.0.0.1:4100/quiz/x', 'quiz:3000 http://127.0.0.1:4100/mcp/x'],
  ])('%s goes to %s', (target, expected) => {
    expect(find(table, target)).toBe(expected);
  });

  it.each(['/', '/quizzes', '/QUIZ', '/.well-known/oauth-protected-resource', '/other/quiz', '*'])(
    '%s finds none, and is told on loopback which there are',
    (target) => {
      expect(find(table, target)).toMatch(/^404 .*there are: \/quiz, \/quiz\/long, \/root, \/mcp$/);
    },
  );
});

describe('a path that leads out of that of its server', () => {
  const table = routes({ quiz: { path: '/quiz' }, same: { path: '/mcp' }, rest: {} });

  it.each([
    '/quiz/../admin',
    '/quiz/..',
    '/quiz/.',
    '/quiz/x/%2e%2E/admin?x',
    '/quiz/.%2e/admin',
    '/quiz/..%2Fadmin',
    '/quiz/x%5c..%5cadmin',
    '/quiz/x\\..\\admin',
    '/quiz/..;/admin',
    '/mcp/../admin',
    '/.well-known/../quiz',
    'http://127.0.0.1:4100/quiz/../admin',
  ])('%s is refused', (target) => {
    expect(find(table, target)).toMatch(/^400 a path with \. or \.\. in it may lead out of \/(quiz|mcp)$/);
  });

  it.each([
    ['/quiz/..x', 'quiz:3000 /mcp/..x'],
    ['/quiz/x.y/...', 'quiz:3000 /mcp/x.y/...'],
    ['/quiz?x=/../y', 'quiz:3000 /mcp?x=/../y'],
    // They find no path, and go on as they came to the one that gets all others.
    ['/other/../quiz', 'rest:3000 /other/../quiz'],
    ['//quiz', 'rest:3000 //quiz'],
    ['/quiz%2Fx', 'rest:3000 /quiz%2Fx'],
    ['/quiz%2F..%2Fadmin', 'rest:3000 /quiz%2F..%2Fadmin'],
  ])('%s goes to %s', (target, expected) => {
    expect(find(table, target)).toBe(expected);
  });
});

describe('servers by host', () => {
  const table = routes({
    quiz: { host: 'quiz.example.com' },
    docs: { host: 'docs.example.com' },
    deep: { host: 'docs.example.com', path: '/deep' },
    rest: { path: '/rest' },
  });

  it.each([
    ['/mcp', 'quiz.example.com', 'quiz:3000 /mcp'],
    ['/mcp', 'QUIZ.example.com:4100', 'quiz:3000 /mcp'],
    ['/mcp', 'quiz.example.com.', 'quiz:3000 /mcp'],
    ['/x', 'docs.example.com', 'docs:3000 /x'],
    ['/deep/x', 'docs.example.com', 'deep:3000 /mcp/x'],
    ['/rest', 'localhost', 'rest:3000 /mcp'],
    // A host with servers of its own falls back on those for any host.
    ['/rest', 'quiz.example.com', 'quiz:3000 /rest'],
  ])('%s of %s goes to %s', (target, host, expected) => {
    expect(find(table, target, host)).toBe(expected);
  });

  it('a request for a foreign host learns nothing on loopback', () => {
    expect(find(table, '/rest', 'evil.example')).toMatch(/^403 Host 'evil.example' is not allowed here/);
    expect(find(table, '/none', 'evil.example')).toMatch(/^403 /);
  });

  it.each(['user@quiz.example.com', 'quiz.example.com:4100:80', 'quiz.example.com..', 'quiz.example.com/x'])(
    'a Host that is none, %s, finds no server by it',
    (host) => {
      expect(find(table, '/mcp', host)).toMatch(/^403 /);
    },
  );

  it('a request for the host of one server, and the path of another, is that of the host', () => {
    const own = routes({ a: { host: 'a.example', path: '/a' }, b: { path: '/b', allowHost: ['a.example'] } });
    expect(find(own, '/b', 'a.example')).toBe('b:3000 /mcp');
    expect(find(own, '/a', 'localhost')).toMatch(/^404 /);
  });
});

it('where strangers may ask, a request that finds no server is told of none', () => {
  const table = routes({ quiz: { path: '/quiz' }, docs: { path: '/docs' } }, '0.0.0.0');
  expect(find(table, '/x?secret=1', 'anywhere.example')).toBe('404 no server is configured for /x here');
});

it('an origin that one server allows is not allowed at another', () => {
  const all = [{ path: '/a', allowOrigin: ['https://a.example'] }, { path: '/b' }].map(
    (place, index) => new Served(servedOptions('http://up:3000/mcp', { index, ...place }), LISTENING_ON, undefined),
  );
  const table = new Routes(all, LISTENING_ON);
  expect(find(table, '/a', 'localhost', 'https://a.example')).toBe('up:3000 /mcp');
  expect(find(table, '/b', 'localhost', 'https://a.example')).toMatch(/^403 Origin/);
});
