import type { ProxyConfig } from './server-config.ts';
import { isExporting } from './signals.ts';

/** Whether anything reads the copies: a store, a page, or a signal that is on. */
export const isObserved = ({ store, page, signals }: Pick<ProxyConfig, 'store' | 'page' | 'signals'>): boolean =>
  store !== undefined || page !== undefined || isExporting(signals);
