import { fileURLToPath } from 'node:url';
import { start, type Running } from './process.ts';

const ENTRY = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url));

/** `mcpspan collect` as a process at a port that its collector was told of before. */
export async function startCollect(
  port: number,
  collector: { readonly otlpUrl: string },
  args: readonly string[] = [],
): Promise<Running> {
  return start({
    name: 'collect',
    file: process.execPath,
    args: [ENTRY, 'collect', '--otlp', `127.0.0.1:${port}`, '--page', 'off', ...args],
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.otlpUrl,
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
    },
    ready: (log) => /^ {2}logs {6}\S/m.test(log),
  });
}
