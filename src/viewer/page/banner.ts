import { clockTime } from '../../reading/figures.ts';
import {
  namesInWords,
  outageInWords,
  outageOf,
  serverHealth,
  upstreamsInWords,
  type Outage,
} from '../../reading/upstream-health.ts';
import type { StoredProcess } from '../../store/process-row.ts';
import type { Context } from './context.ts';
import { h, type VirtualElement } from './element.ts';
import { link } from './parts.ts';
import { elsewhere } from './route.ts';

/**
 * What no view may leave unsaid: that its figures are old, and which upstreams cannot be reached.
 * @param staleSince when answers began to fail
 */
export function banner(context: Context, staleSince: Date | undefined): VirtualElement[] {
  if (staleSince === undefined) return outages(context);
  const clock = clockTime(staleSince.getTime(), context.about?.at ?? staleSince.getTime());
  const text = `mcpspan has not answered since ${clock}. These are its last figures. Trying again …`;
  return [h('p', { key: 'stale', class: 'notice', role: 'alert' }, text)];
}

const MAX_OUTAGES = 3;

function outages(context: Context): VirtualElement[] {
  const { about, route } = context;
  if (about === undefined) return [];
  const shown = about.running.filter(({ server }) => route.server === undefined || route.server === server);
  const failing = shown.flatMap((process) => {
    const outage = outageOf(process);
    return outage === undefined ? [] : [{ process, outage }];
  });
  if (failing.length <= MAX_OUTAGES) return failing.map(({ process, outage }) => alone(process, outage, about.at));
  const servers = serverHealth(shown);
  const down = servers.filter(({ state }) => state === 'unreached').map(({ server }) => server);
  return [
    h(
      'p',
      { key: 'outages', class: 'notice red', role: 'alert' },
      h('strong', {}, namesInWords(down), ': '),
      upstreamsInWords(servers),
      ' ',
      link(elsewhere(route, 'health'), 'What to do'),
    ),
  ];
}

const alone = ({ instance, server, upstream }: StoredProcess, outage: Outage, at: number): VirtualElement =>
  h(
    'p',
    { key: `outage ${instance} ${server}`, class: 'notice red', role: 'alert' },
    h('strong', {}, server, ': '),
    outageInWords(outage, upstream, at),
    outage.fault !== undefined && ` What to do: ${outage.fault.cure}.`,
  );
