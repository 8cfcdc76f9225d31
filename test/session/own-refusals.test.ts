import { expect, it } from 'vitest';
import type { SessionEvent } from '../../src/session/event.ts';
import { OwnRefusals } from '../../src/session/own-refusals.ts';

function collect() {
  const events: SessionEvent[] = [];
  const refusals = new OwnRefusals((event) => events.push(event));
  return { refusals, reasons: () => events.filter((event) => event.kind === 'refused') };
}

it('a refusal is new once for each reason', () => {
  const { refusals, reasons } = collect();
  for (const text of ['one', 'two', 'one']) refusals.report(403, text, 0);
  expect(reasons().map(({ text, isNew }) => [text, isNew])).toEqual([
    ['one', true],
    ['two', true],
    ['one', false],
  ]);
});

it('reasons beyond fifty are counted together, and are never new', () => {
  const { refusals, reasons } = collect();
  for (let index = 0; index < 60; index++) refusals.report(403, `reason ${index}`, 0);
  refusals.report(403, 'reason 7', 0);
  const told = reasons();
  expect(told.filter(({ isNew }) => isNew)).toHaveLength(50);
  expect(told.slice(50, 60).map(({ text }) => text)).toEqual(Array.from({ length: 10 }, () => 'other reasons'));
  expect(told.at(-1)).toMatchObject({ text: 'reason 7', isNew: false });
});

it('a request that met an outage has no reason of its own', () => {
  const { refusals, reasons } = collect();
  refusals.report(502, '', 0);
  expect(reasons()).toEqual([]);
});
