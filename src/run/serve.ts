import type { ProxyConfig } from '../settings/server-config.ts';
import type { ProxyConfigRead } from '../settings/config-file.ts';
import { startLines } from '../settings/start-lines.ts';
import { openListener } from '../settings/open-listener.ts';
import { addressText } from '../transport/names.ts';
import { version } from '../version.ts';
import { TIMERS } from '../transport/timers.ts';
import { ConfigWatch } from './config-watch.ts';
import { startProxy, type ProxiedServer } from './proxy.ts';

export interface ServeSurroundings {
  /** Prints a line for people. */
  tell(line: string): void;
  /** Resolves when the proxy has to end. */
  stopped: Promise<void>;
  /** The configuration file, and how to read it again; absent: there is none. */
  file?: { path: string; read(): ProxyConfigRead };
}

/** Runs the proxy until it is stopped, and prints where everything is. Rejects when it cannot listen on an address. */
export async function serve(config: ProxyConfig, { tell, stopped, file }: ServeSurroundings): Promise<void> {
  const say = (line: string): void => tell(`mcpspan: ${line}`);
  const proxy = await startProxy(config, { checksUpstream: true, say });
  tell(`mcpspan ${version}`);
  for (const line of serverLines(proxy.servers)) tell(`  ${line}`);
  for (const line of startLines(config, proxy.page)) tell(`  ${line}`);
  if (proxy.healthPort !== undefined && config.health !== undefined)
    tell(`  health    http://${addressText({ host: config.health.host, port: proxy.healthPort })}/readyz`);
  const watch = file && new ConfigWatch({ ...file, config, timers: TIMERS, say, reload: (next) => proxy.reload(next) });
  const renew = (): void => void watch?.renew();
  if (watch !== undefined) process.on('SIGHUP', renew);
  const open = openListener(config);
  if (open !== undefined) tell(`mcpspan: ${open}`);
  await stopped;
  process.off('SIGHUP', renew);
  await watch?.stop();
  await proxy.stop();
}

/** Where clients connect, and where their requests go. */
export function serverLines(servers: readonly ProxiedServer[]): string[] {
  const [first] = servers;
  if (first !== undefined && servers.length === 1) return [`clients   ${first.url}`, `upstream  ${first.upstream}`];
  const width = (column: 'name' | 'url'): number => Math.max(...servers.map((server) => server[column].length));
  const [names, urls] = [width('name'), width('url')];
  return servers.map(({ name, url, upstream }) => `${name.padEnd(names)}  ${url.padEnd(urls)}  to ${upstream}`);
}
