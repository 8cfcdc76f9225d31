import { outageInWords, outageOf, serverHealth, upstreamsInWords } from '../../reading/upstream-health.ts';
import { plain } from '../../reading/plain.ts';
import { openReader } from '../../store/reader.ts';
import { ok, warning, type Check } from './check.ts';

/** A hundred upstreams behind one failed network need no hundred lines. */
const MAX_OUTAGES = 10;

/**
 * What the running mcpspan processes say of their upstreams: one line about all, and one about each that they cannot reach.
 * None where nothing runs.
 * @param now milliseconds since the epoch
 */
export function checkKnownUpstreams(store: string | undefined, now: number): Check[] {
  if (store === undefined) return [];
  const opened = openReader(store, () => now);
  // The check of the store tells what is wrong with it.
  if (opened.kind === 'trouble') return [];
  using reader = opened.reader;
  const servers = serverHealth(reader.processes());
  const summary = upstreamsInWords(servers);
  if (summary === '') return [];
  const failing = servers.flatMap(({ processes }) =>
    processes.flatMap((process) => {
      const outage = outageOf(process);
      if (outage === undefined) return [];
      const { server, upstream, pid } = process;
      const found = plain(outageInWords(outage, upstream, now));
      const cure = outage.fault?.cure ?? `the log of the process ${pid} says more`;
      return [warning(plain(server), found, cure)];
    }),
  );
  if (failing.length === 0) return [ok('upstreams', summary)];
  return [warning('upstreams', summary, 'Health of mcpspan page shows all of them'), ...failing.slice(0, MAX_OUTAGES)];
}
