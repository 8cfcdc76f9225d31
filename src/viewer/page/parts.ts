import { clockTime, dateTime, duration, NONE } from '../../reading/figures.ts';
import { nameText } from '../../reading/names.ts';
import { verdictWords } from '../../reading/verdicts.ts';
import type { StoredSession } from '../../store/session-queries.ts';
import type { ClientFigures } from '../../store/client-figures.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { hashOf, type Route } from './route.ts';

const MANY_SESSIONS = 5;

/** How a client used sessions in its last hour, in the word that all faces use. */
export function verdictBadge({
  verdict,
  sessions,
  toolCalls,
}: Pick<ClientFigures, 'verdict' | 'sessions' | 'toolCalls'>): VirtualElement {
  if (verdict !== undefined) {
    const { meaning, tone } = verdictWords(verdict) ?? { meaning: '', tone: '' };
    return h('span', { class: `badge ${tone}`, title: `In its last hour it ${meaning}.` }, verdict);
  }
  if (toolCalls === 0 && sessions >= MANY_SESSIONS)
    return h(
      'span',
      { class: 'badge warn', title: 'It opens sessions and calls no tool in them.' },
      'opens, never calls',
    );
  const title = 'A client is judged after five tool calls.';
  return h('span', { class: 'badge', title }, 'not judged yet');
}

/** The same, with an explanation. */
export const nameElement = (label: string): Children =>
  label === '_OTHER' ? h('span', { title: '_OTHER: unverified names, such as a scanner’s' }, nameText(label)) : label;

const SOURCES: Readonly<Record<string, string>> = {
  conversation: 'no session id, one conversation',
  principal: 'no session id, one credential',
  peer: 'no session id, one machine',
};

/** A session, or how requests without one were grouped. */
export const kindTitle = ({ real, source }: Pick<StoredSession, 'real' | 'source'>): string =>
  source === 'process' ? 'stdio process' : real ? 'session' : (SOURCES[source] ?? source);

export const link = (route: Route, ...children: readonly Children[]): VirtualElement =>
  h('a', { href: hashOf(route) }, ...children);

/** The time of day; for another day the date too. */
export const when = (at: number | undefined, now: number): Children =>
  at === undefined
    ? NONE
    : h('time', { datetime: new Date(at).toISOString(), title: dateTime(at) }, clockTime(at, now));

/** `3 s ago`, `12 min ago`. */
export const ago = (at: number, now: number): string => {
  const seconds = Math.max(0, (now - at) / 1_000);
  if (seconds < 2) return 'now';
  return `${duration(seconds < 60 ? Math.round(seconds) : Math.round(seconds / 60) * 60).replace('.0 s', ' s')} ago`;
};

/** Says that there is nothing, and what to do next. */
export const nothing = (title: string, ...hints: readonly Children[]): VirtualElement =>
  h(
    'div',
    { class: 'nothing' },
    h('p', { class: 'title' }, title),
    hints.map((hint) => h('p', {}, hint)),
  );

export const code = (text: string): VirtualElement => h('code', {}, text);

/** A link to the trace in the user's own viewer, where one is configured. */
export function traceLink({ about }: Context, traceId: string | undefined): VirtualElement | undefined {
  if (about?.traceLink === undefined || traceId === undefined) return undefined;
  const href = about.traceLink.replaceAll('{traceId}', traceId);
  return h('a', { href, target: '_blank', rel: 'noreferrer', class: 'trace' }, 'trace ↗');
}

/** A small line chart. */
export function sparkline(values: readonly (number | undefined)[], summary: string): VirtualElement {
  const most = Math.max(...values.map((value) => value ?? 0), 0);
  const step = values.length < 2 ? 0 : 100 / (values.length - 1);
  const points = values.map(
    (value, index) => `${(index * step).toFixed(1)},${(22 - (most === 0 ? 0 : ((value ?? 0) / most) * 20)).toFixed(1)}`,
  );
  return h(
    'svg',
    { class: 'spark', viewBox: '0 0 100 24', preserveAspectRatio: 'none', role: 'img', 'aria-label': summary },
    h('polyline', { points: points.join(' '), fill: 'none', 'vector-effect': 'non-scaling-stroke' }),
  );
}

/** Names and values. */
export const factList = (facts: readonly (readonly [name: string, value: Children])[]): VirtualElement =>
  h(
    'dl',
    { class: 'facts' },
    facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  );

/** How wide its content is, in pixels. */
export function widthWithin(outer: HTMLElement): number {
  const { paddingLeft, paddingRight } = getComputedStyle(outer);
  return Math.floor(outer.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight));
}
