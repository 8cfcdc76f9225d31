import { expect, it } from 'vitest';
import { DefinitionSizes } from '../../src/telemetry/definition-sizes.ts';

it('tells a bounded number of tools apart, and counts those that it does not', () => {
  let folded = 0;
  const sizes = new DefinitionSizes(() => void folded++);
  const tools = Array.from({ length: 1_003 }, (_, index) => ({
    name: `tool ${index}`,
    bytes: 10,
    hash: '',
    contract: { hash: '', text: undefined, hidden: [] },
  }));
  sizes.listed(tools, 1);
  const all = new Map(sizes.all());
  expect(all.size).toBe(1_001);
  expect(all.get('_OTHER')).toBe(30);
  expect(folded).toBe(3);
});
