import { fileURLToPath } from 'node:url';
import { start, type Running } from './process.ts';

const ENTRY = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url));

/** Tests wait for exports: these come as soon as they may without keeping the process busy. */
const QUICK = {
  OTEL_BSP_SCHEDULE_DELAY: '100',
  OTEL_BLRP_SCHEDULE_DELAY: '100',
  OTEL_METRIC_EXPORT_INTERVAL: '1000',
};

export interface Mcpspan extends Running {
  /** Where clients connect. */
  readonly url: string;
}

/** The product as a process on a free loopback port, exporting to a collector. */
export async function startMcpspan(
  upstream: string,
  collector: { readonly otlpUrl: string },
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Mcpspan> {
  const defaults = [
    '--upstream',
    upstream,
    '--listen',
    '127.0.0.1:0',
    '--page',
    'off',
    '--store',
    'off',
    '--drain-seconds',
    '0',
  ];
  const running = await start({
    name: 'mcpspan',
    file: process.execPath,
    args: [ENTRY, ...defaults, ...args],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.otlpUrl, ...QUICK, ...env },
    ready: (log) => /^ {2}logs {6}\S/m.test(log),
  });
  const url = /^ {2}clients {3}(\S+)$/m.exec(running.log())?.[1];
  if (url === undefined) throw new Error(`it does not say where clients connect:\n${running.log()}`);
  return { ...running, url };
}
