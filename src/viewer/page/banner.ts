import { clockTime } from '../../reading/figures.ts';
import type { Context } from './context.ts';
import { h, type VirtualElement } from './element.ts';
import { outageInWords, outageOf } from './upstream-words.ts';

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

function outages({ about, route }: Context): VirtualElement[] {
  if (about === undefined) return [];
  return about.running.flatMap((process) => {
    const outage = outageOf(process);
    if (outage === undefined || (route.server !== undefined && route.server !== process.server)) return [];
    return [
      h(
        'p',
        { key: `outage ${process.instance}`, class: 'notice red', role: 'alert' },
        h('strong', {}, process.server, ': '),
        outageInWords(outage, process.upstream, about.at),
        outage.fault !== undefined && ` What to do: ${outage.fault.cure}.`,
      ),
    ];
  });
}
