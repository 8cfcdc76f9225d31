import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEverything } from '../../e2e/everything.ts';
import { startDualEraServer } from '../../support/dual-era-server.ts';
import { INSTALL_TIMEOUT } from './cached.ts';
import { CASES, type Server } from './cases.ts';
import { converse } from './conversation.ts';
import { startEverythingSse } from './everything-sse.ts';
import { echoed } from './expected.ts';
import { installPackages, versionIn } from './packages.ts';
import type { Row } from './row.ts';
import { nodeSpeaker } from './speak.ts';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
let cache: string;
let servers: Record<Server, AsyncDisposable & { url: string }>;
const rows: Row[] = [];

beforeAll(async () => {
  cache = await installPackages();
  const [everything, dualEra, sse] = await Promise.all([startEverything(), startDualEraServer(), startEverythingSse()]);
  servers = { everything, 'dual-era': dualEra, 'everything-sse': sse };
}, INSTALL_TIMEOUT);
afterAll(() => Promise.all(Object.values(servers).map((server) => server[Symbol.asyncDispose]())));

/**
 * 350 ms after a handshake the reference server asks a client that has roots for them. Only the Inspector has, and is
 * then on its way out, so that its answer is lost, or not even asked for.
 */
const asksForRoots = (line: string): boolean => /^ *roots\/list CLIENT/.test(line);

describe.each(CASES)('$client ($package) with the server $server', (each) => {
  const { server, trace, verdict, hasty = false } = each;
  const inOrder = (lines: readonly string[]): readonly string[] => (hasty ? lines.toSorted() : lines);

  it('gets what it asks for, unchanged, and is seen as it is', async () => {
    const cwd = each.from === 'cache' ? cache : REPOSITORY;
    const conversation = await converse(nodeSpeaker(each.script, cwd), each.options, servers[server].url);
    expect(conversation.differences).toEqual([]);
    expect(conversation.said.tools).toContain('echo');
    expect(conversation.said.said).toEqual(echoed(server === 'dual-era' ? '' : 'Echo: '));
    expect(inOrder(conversation.trace.filter((line) => !asksForRoots(line)))).toEqual(inOrder(trace));
    if (!conversation.trace.some(asksForRoots)) expect(conversation.anomalies).toEqual([]);
    expect(conversation.measured.verdict).toBe(verdict);
    expect(conversation.propagated.unknown).toEqual([]);
    // Without a session id it is not known before the body is read which trace a request belongs to.
    if (server === 'everything') expect(conversation.propagated.count).toBeGreaterThan(0);
    rows.push({
      client: each.client,
      version: versionIn(cwd, each.package),
      server,
      ...conversation.measured,
    });
  });
});

it('is as docs/clients.md says', async () => {
  await expect(`${JSON.stringify(rows, null, 2)}\n`).toMatchFileSnapshot('./results.json');
});
