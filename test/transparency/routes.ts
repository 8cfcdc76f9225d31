import { afterAll } from 'vitest';
import { startTestProxy } from '../support/proxy.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';

export interface Route {
  route: 'direct' | 'proxied';
  /** Where the client connects. */
  port: number;
}

/** One upstream, and both ways to it, for all tests of a file. A test that holds on both holds whoever is in between. */
export async function bothRoutes(): Promise<{ upstream: Upstream; routes: readonly Route[] }> {
  const upstream = await startUpstream();
  const proxy = await startTestProxy(upstream.url);
  afterAll(async () => {
    await proxy.stop();
    await upstream.close();
  });
  return {
    upstream,
    routes: [
      { route: 'direct', port: upstream.port },
      { route: 'proxied', port: proxy.port },
    ],
  };
}
