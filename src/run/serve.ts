import type { ProxyConfig } from '../settings/config.ts';
import { pageText } from '../settings/page-address.ts';
import { isExporting, SIGNAL_NAMES } from '../settings/signals.ts';
import { openListener } from '../settings/open-listener.ts';
import { addressText } from '../transport/names.ts';
import { version } from '../version.ts';
import { startProxy } from './proxy.ts';

export interface ServeSurroundings {
  /** Prints a line for people. */
  tell(line: string): void;
  /** Resolves when the proxy has to end. */
  stopped: Promise<void>;
}

/** Runs the proxy until it is stopped, and prints where everything is. Rejects when it cannot listen on an address. */
export async function serve(config: ProxyConfig, { tell, stopped }: ServeSurroundings): Promise<void> {
  const proxy = await startProxy(config, { checksUpstream: true, say: (line) => tell(`mcpspan: ${line}`) });
  tell(`mcpspan ${version}`);
  tell(`  clients   ${proxy.url}`);
  tell(`  upstream  ${config.upstream.origin}`);
  for (const name of SIGNAL_NAMES) tell(`  ${name.padEnd(8)}  ${config.signals[name]?.target ?? 'off'}`);
  if (!isExporting(config.signals)) {
    tell('  nothing leaves this machine; set OTEL_EXPORTER_OTLP_ENDPOINT to export');
  }
  if (proxy.page !== undefined) tell(`  page      ${pageText(proxy.page, config['page-token'])}`);
  if (config.store !== undefined) tell(`  store     ${config.store}`);
  if (proxy.healthPort !== undefined && config.health !== undefined)
    tell(`  health    http://${addressText({ host: config.health.host, port: proxy.healthPort })}/readyz`);
  const open = openListener(config);
  if (open !== undefined) tell(`mcpspan: ${open}`);
  await stopped;
  await proxy.stop();
}
