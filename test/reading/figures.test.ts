import { describe, expect, it } from 'vitest';
import { bytes, clockTime, count, counted, duration, percent, preciseTime, ratio } from '../../src/reading/figures.ts';

describe('durations', () => {
  it.each([
    [undefined, '–'],
    [0, '0 ms'],
    [0.000_25, '0.25 ms'],
    [0.000_999, '1.0 ms'],
    [0.0036, '3.6 ms'],
    [0.009_99, '10 ms'],
    [0.036, '36 ms'],
    [0.9994, '999 ms'],
    [0.9996, '1.0 s'],
    [59.94, '59.9 s'],
    [59.99, '1 min'],
    [200, '3 min 20 s'],
    [3_599.7, '1 h'],
    [18_120, '5 h 2 min'],
    [86_399, '1 d'],
    [273_600, '3 d 4 h'],
  ])('of %s s are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

describe('sizes', () => {
  it.each([
    [undefined, '–'],
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [9_960, '10 kB'],
    [36_400, '36 kB'],
    [999_600, '1.0 MB'],
    [2_500_000_000, '2.5 GB'],
  ])('of %s bytes are %s', (number, text) => {
    expect(bytes(number)).toBe(text);
  });
});

it.each([
  [undefined, '–'],
  [Number.NaN, '–'],
  [0, '0 %'],
  [0.004, '0.4 %'],
  [0.1, '10 %'],
  [0.999, '100 %'],
  [1, '100 %'],
])('a share of %s is %s', (share, text) => {
  expect(percent(share)).toBe(text);
});

it('numbers are grouped, and their nouns agree', () => {
  expect([count(999), count(1_234_567), counted(1, 'call'), counted(0, 'call'), counted(12_345, 'call')]).toEqual([
    '999',
    '1 234 567',
    '1 call',
    '0 calls',
    '12 345 calls',
  ]);
});

it('what is divided by nothing has no figure', () => {
  expect([ratio(1, 0), ratio(1, 3)]).toEqual(['–', '0.33']);
});

it('a time of today is a time of the day, and any other has its date', () => {
  const now = new Date(2026, 0, 31, 12, 0, 0).getTime();
  expect(clockTime(new Date(2026, 0, 31, 9, 8, 7).getTime(), now)).toBe('09:08:07');
  expect(clockTime(new Date(2026, 0, 30, 23, 59, 59).getTime(), now)).toBe('2026-01-30 23:59');
  expect(clockTime(undefined, now)).toBe('–');
  expect(preciseTime(new Date(2026, 0, 31, 9, 8, 7, 5).getTime())).toBe('09:08:07.005');
});
