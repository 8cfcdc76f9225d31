import { clockTime, dateTime, duration } from '../../reading/figures.ts';
import type { StoredSession } from '../../store/session-queries.ts';
import type { ClientFigures } from '../../store/client-figures.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { hashOf, type Route } from './route.ts';

/** What several views draw in the same way. */

const VERDICT_TITLES: Readonly<Record<string, string>> = {
  'per-call': 'session per call',
  sessionless: 'no session id',
  reusing: 'keeps its session',
  modern: 'modern, no sessions',
  'one-shot': 'one call a session',
  mixed: 'mixed',
};
const VERDICT_TONES: Readonly<Record<string, string>> = {
  'per-call': 'bad',
  sessionless: 'warn',
  reusing: 'good',
  modern: 'good',
  'one-shot': 'warn',
  mixed: 'warn',
};

const MANY_SESSIONS = 5;

/** How a client uses sessions, over its last hour, in three words. */
export function verdictBadge({
  verdict,
  sessions,
  toolCalls,
}: Pick<ClientFigures, 'verdict' | 'sessions' | 'toolCalls'>): VirtualElement {
  if (verdict !== undefined) {
    const title = `verdict over its last hour: ${verdict}`;
    return h('span', { class: `badge ${VERDICT_TONES[verdict] ?? ''}`, title }, VERDICT_TITLES[verdict] ?? verdict);
  }
  if (toolCalls === 0 && sessions >= MANY_SESSIONS)
    return h(
      'span',
      { class: 'badge warn', title: 'It opens sessions, and calls no tool in any.' },
      'opens, never calls',
    );
  const title = 'From five tool calls on it is judged how a client uses sessions.';
  return h('span', { class: 'badge', title }, 'not judged yet');
}

/** By which a client or a tool is known here; names that nothing vouches for are counted as one. */
export const nameText = (label: string): string => (label === '_OTHER' ? 'unknown names' : label);

/** The same, with what it stands for. */
export const nameShown = (label: string): Children =>
  label === '_OTHER'
    ? h('span', { title: '_OTHER: names that nothing vouches for, a scanner’s for example' }, nameText(label))
    : label;

const SOURCES: Readonly<Record<string, string>> = {
  conversation: 'no session id, one conversation',
  principal: 'no session id, one credential',
  peer: 'no session id, one machine',
};

/** A session, or what is grouped without one. */
export const kindShown = ({ real, source }: Pick<StoredSession, 'real' | 'source'>): string =>
  source === 'process' ? 'stdio process' : real ? 'session' : (SOURCES[source] ?? source);

export const link = (route: Route, ...children: readonly Children[]): VirtualElement =>
  h('a', { href: hashOf(route) }, ...children);

/** Of the time of day; on another day the date. */
export const when = (at: number | undefined, now: number): Children =>
  at === undefined ? '–' : h('time', { datetime: new Date(at).toISOString(), title: dateTime(at) }, clockTime(at, now));

/** `3 s ago`, `12 min ago`. */
export const ago = (at: number, now: number): string => {
  const seconds = Math.max(0, (now - at) / 1_000);
  if (seconds < 2) return 'now';
  return `${duration(seconds < 60 ? Math.round(seconds) : Math.round(seconds / 60) * 60).replace('.0 s', ' s')} ago`;
};

/** Nothing there, and what to do next. */
export const nothing = (title: string, ...hints: readonly Children[]): VirtualElement =>
  h(
    'div',
    { class: 'nothing' },
    h('p', { class: 'title' }, title),
    hints.map((hint) => h('p', {}, hint)),
  );

export const code = (text: string): VirtualElement => h('code', {}, text);

/** To the trace in the user's own viewer; nothing where none is configured. */
export function traceLink({ about }: Context, traceId: string | undefined): VirtualElement | undefined {
  if (about?.traceLink === undefined || traceId === undefined) return undefined;
  const href = about.traceLink.replaceAll('{traceId}', traceId);
  return h('a', { href, target: '_blank', rel: 'noreferrer', class: 'trace' }, 'trace ↗');
}

/** A small line of what happened over time. */
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
