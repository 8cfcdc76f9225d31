import { pageText } from './page-address.ts';
import type { ProcessSettings } from './server-config.ts';
import { isExporting, SIGNAL_NAMES } from './signals.ts';

/** What a start prints of where everything goes. @param page its URL; undefined: there is none */
export function startLines(
  { signals, store, 'page-token': token }: Pick<ProcessSettings, 'signals' | 'store' | 'page-token'>,
  page: string | undefined,
): string[] {
  return [
    ...SIGNAL_NAMES.map((name) => `${name.padEnd(8)}  ${signals[name]?.target ?? 'off'}`),
    ...(isExporting(signals) ? [] : ['nothing leaves this machine; set OTEL_EXPORTER_OTLP_ENDPOINT to export']),
    ...(page === undefined ? [] : [`page      ${pageText(page, token)}`]),
    ...(store === undefined ? [] : [`store     ${store}`]),
  ];
}
