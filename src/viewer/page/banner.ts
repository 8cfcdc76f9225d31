import type { Context } from './context.ts';
import { h, type VirtualElement } from './element.ts';
import { outageInWords, outageOf } from './upstream-words.ts';

/** What no view may leave unsaid: upstreams that cannot be reached. */
export function banner({ about, route }: Context): VirtualElement[] {
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
