import { clockTime } from '../../reading/figures.ts';
import { select } from './choice.ts';
import type { Context } from './context.ts';
import { h, type VirtualElement } from './element.ts';
import { PERIODS, type Route } from './route.ts';

const MIN_SECONDS = 1;

/** The period of the whole page that follows from a stretch of time chosen in a chart; times in seconds since the epoch. */
export function chosenPeriod(route: Route, from: number, to: number): Route {
  const until = Math.ceil(to);
  return { ...route, until, seconds: Math.max(MIN_SECONDS, until - Math.floor(from)) };
}

/** Chooses the period: up to now, or, after a part of a chart was chosen, that part. */
export function periodChoice(context: Context): VirtualElement[] {
  const { route, go } = context;
  const { seconds, until } = route;
  const known = until === undefined && PERIODS.some((period) => period.seconds === seconds);
  const options = PERIODS.map((period) => ({ value: String(period.seconds), title: period.title }));
  const chosen = until === undefined ? String(seconds) : 'chosen';
  const title = until === undefined ? `last ${seconds} s` : inWords(seconds, until, context);
  return [
    select('Period', chosen, known ? options : [...options, { value: chosen, title }], (value) => {
      if (value !== 'chosen') go({ ...route, seconds: Number(value), until: undefined });
    }),
    ...(until === undefined ? [] : [moves(context, until)]),
  ];
}

/** What the mouse does on a chart, for the keyboard: earlier, later, and back to now. */
function moves({ route, go }: Context, until: number): VirtualElement {
  const { seconds } = route;
  const button = (label: string, title: string, next: Route): VirtualElement =>
    h(
      'button',
      { key: title, type: 'button', class: 'plain', title, 'aria-label': title, on: { click: () => go(next) } },
      label,
    );
  return h(
    'span',
    { key: 'moves', class: 'moves', role: 'group', 'aria-label': 'The chosen period' },
    button('‹', 'Earlier', { ...route, until: until - seconds }),
    button('›', 'Later', { ...route, until: until + seconds }),
    button('+', 'Twice as long', { ...route, until: until + Math.ceil(seconds / 2), seconds: seconds * 2 }),
    button('×', 'Back to now', { ...route, until: undefined, seconds: PERIODS[1]?.seconds ?? seconds }),
  );
}

function inWords(seconds: number, until: number, { about }: Context): string {
  const now = about?.at ?? until * 1_000;
  return `${clockTime((until - seconds) * 1_000, now)} to ${clockTime(until * 1_000, now)}`;
}
