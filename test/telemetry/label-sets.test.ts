import type { Attributes } from '@opentelemetry/api';
import { beforeEach, expect, it } from 'vitest';
import { LabelSets } from '../../src/telemetry/label-sets.ts';

let folded: number;
let sets: LabelSets<Attributes>;

beforeEach(() => {
  folded = 0;
  sets = new LabelSets(
    (labels) => labels,
    () => folded++,
  );
});

const labelsOf = (server: string, tool: number, more: Attributes = {}): Attributes => ({
  'mcpspan.server': server,
  'gen_ai.tool.name': `tool${tool}`,
  ...more,
});

/** Meets so many tools of a server, and says how many kept their names. */
function meet(server: string, tools: number): number {
  const before = folded;
  for (let tool = 0; tool < tools; tool++) sets.of(labelsOf(server, tool));
  return tools - (folded - before);
}

it('each server keeps 4 000 under their names, whatever the others have', () => {
  expect(meet('busy', 5_000)).toBe(4_000);
  expect(meet('quiet', 20)).toBe(20);
  expect(sets.of(labelsOf('busy', 4_999))).toEqual({ 'mcpspan.server': 'busy', 'gen_ai.tool.name': '_OTHER' });
  expect(sets.of(labelsOf('quiet', 3))).toEqual(labelsOf('quiet', 3));
});

it('each server keeps 400 also when others have used up the room for all, and no more then', () => {
  for (let server = 0; server < 10; server++) meet(`busy${server}`, 4_000);
  for (let server = 0; server < 90; server++) expect(meet(`s${server}`, 400)).toBe(400);
  expect(meet('s89', 1_000)).toBe(400);
  expect([...sets.all()].length).toBe(10 * 4_000 + 90 * 400 + 1);
});

it('an overflow says of which server it is', () => {
  for (const server of ['one', 'two'])
    for (let status = 0; status < 5_000; status++) sets.of(labelsOf(server, status, { status }));
  const overflows = [...sets.all()].filter((labels) => 'otel.metric.overflow' in labels);
  expect(overflows).toEqual([
    { 'otel.metric.overflow': true, 'mcpspan.server': 'one' },
    { 'otel.metric.overflow': true, 'mcpspan.server': 'two' },
  ]);
});
