import { counted, lastSeen, quantile, rate, share, sum, traffic, type Label, type Matchers } from './promql.ts';

interface ToolCalls {
  /** Over the whole period. */
  count(by: readonly Label[]): string;
  failedShare(by: readonly Label[]): string;
  rejectedShare(by: readonly Label[]): string;
  quantile(at: number, by: readonly Label[]): string;
  last(by: readonly Label[]): string;
  /** In each step. */
  failed(by: readonly Label[]): string;
  rejected(by: readonly Label[]): string;
  /** At each moment. */
  perMinute(by: readonly Label[]): string;
  quantileNow(at: number, by: readonly Label[]): string;
}

/** Tool calls as operations: each has a duration, a tool and an outcome. */
function toolCalls(which: Matchers): ToolCalls {
  const matchers = { ...which, method: '="tools/call"' };
  const all = traffic('serverOperation', matchers, '_count');
  const failed = traffic('serverOperation', { ...matchers, errorType: '!=""' }, '_count');
  const rejected = traffic('serverOperation', { ...matchers, rejected: '="true"' }, '_count');
  const buckets = traffic('serverOperation', matchers, '_bucket');
  return {
    count: (by) => sum(by, counted(all)),
    last: (by) => lastSeen(by, all),
    failed: (by) => sum(by, counted(failed, '$__interval')),
    rejected: (by) => sum(by, counted(rejected, '$__interval')),
    failedShare: (by) => share(sum(by, counted(failed)), sum(by, counted(all))),
    rejectedShare: (by) => share(sum(by, counted(rejected)), sum(by, counted(all))),
    quantile: (at, by) => quantile(at, by, counted(buckets)),
    perMinute: (by) => `60 * ${sum(by, rate(all))}`,
    quantileNow: (at, by) => quantile(at, by, rate(buckets)),
  };
}

export const ANY_TOOL = toolCalls({});
export const CHOSEN_TOOLS = toolCalls({ toolName: '=~"$tool"' });
