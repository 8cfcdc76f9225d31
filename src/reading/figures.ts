/** Stands where there is no figure. */
export const NONE = '–';

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/** `0.25 ms`, `36 ms`, `1.2 s`, `3 min 20 s`, `5 h 2 min`, `3 d 4 h`. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined) return NONE;
  const milliseconds = seconds * 1_000;
  if (milliseconds === 0) return '0 ms';
  if (milliseconds < 0.995) return `${milliseconds.toFixed(2)} ms`;
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 999.5) return `${milliseconds.toFixed(0)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < HOUR_SECONDS) return two(whole, MINUTE_SECONDS, 'min', 1, 's');
  const minutes = Math.round(whole / MINUTE_SECONDS) * MINUTE_SECONDS;
  return minutes < DAY_SECONDS
    ? two(minutes, HOUR_SECONDS, 'h', MINUTE_SECONDS, 'min')
    : two(minutes, DAY_SECONDS, 'd', HOUR_SECONDS, 'h');
}

function two(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % large) / small);
  return `${Math.floor(seconds / large)} ${largeUnit}${rest === 0 ? '' : ` ${rest} ${smallUnit}`}`;
}

/** `48 B`, `1.2 kB`, `36 MB`. */
export function bytes(number: number | undefined): string {
  if (number === undefined) return NONE;
  if (number < 1_000) return `${Math.round(number)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = number / 1_000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${value.toFixed(value < 9.95 ? 1 : 0)} ${units[unit] ?? ''}`;
}

/** `0 %`, `0.4 %`, `12 %`. */
export function percent(share: number | undefined): string {
  if (share === undefined || Number.isNaN(share)) return NONE;
  const value = share * 100;
  return `${value > 0 && value < 9.95 ? value.toFixed(1) : value.toFixed(0)} %`;
}

/** A quotient with two digits; a dash where there is nothing to divide by. */
export const ratio = (of: number, by: number): string => (by === 0 ? NONE : (of / by).toFixed(2));

/** `12 345`. */
export const count = (number: number): string => String(number).replaceAll(/\B(?=(?:\d{3})+$)/g, ' ');

/** `1 call`, `12 345 calls`. */
export const counted = (number: number, one: string, many = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : many}`;

/** A time of day in local time, `10:12:05`; with its date where that is another day, `2026-01-31 10:12`. */
export function clockTime(at: number | undefined, now: number): string {
  if (at === undefined) return NONE;
  const [date, time] = localTime(at);
  return date === localTime(now)[0] ? time : `${date} ${time.slice(0, 5)}`;
}

/** `10:12:05.123`. */
export const preciseTime = (at: number): string =>
  `${localTime(at)[1]}.${String(Math.floor(at % 1_000)).padStart(3, '0')}`;

/** `2026-01-31 10:12`. */
export function dateTime(at: number): string {
  const [date, time] = localTime(at);
  return `${date} ${time.slice(0, 5)}`;
}

function localTime(at: number): readonly [date: string, time: string] {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  return [
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`,
  ];
}
