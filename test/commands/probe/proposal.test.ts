import { describe, expect, it } from 'vitest';
import { onlyReading, proposeCalls } from '../../../src/commands/probe/proposal.ts';
import type { Tool } from '../../../src/simulator/catalogue.ts';
import { createRandom } from '../../../src/simulator/random.ts';

const inputSchema = { type: 'object', properties: { n: { type: 'integer', minimum: 3 } }, required: ['n'] };
const tool = (name: string, hints: Partial<Tool> = {}): Tool => ({
  name,
  inputSchema,
  readOnly: false,
  destructive: false,
  ...hints,
});
const TOOLS = [tool('read', { readOnly: true }), tool('write'), tool('drop', { destructive: true })];
const random = createRandom(1);
const namesOf = (calls: readonly { params: Readonly<Record<string, unknown>> }[]) =>
  calls.map(({ params }) => params['name']);

describe('a proposal', () => {
  it('reads only, with arguments that the schema accepts', () => {
    const { calls, leftOut } = proposeCalls(TOOLS, false, random);
    expect(calls).toEqual([{ name: '1', method: 'tools/call', params: { name: 'read', arguments: { n: 3 } } }]);
    expect(leftOut.map(({ what }) => what)).toEqual(['write', 'drop']);
  });

  it('writes before it reads when it may, and destroys nothing', () => {
    const { calls, leftOut } = proposeCalls(TOOLS, true, random);
    expect(namesOf(calls)).toEqual(['write', 'read']);
    expect(leftOut).toEqual([{ what: 'drop', why: expect.stringContaining('destroy') }]);
  });

  it('is of a bounded length', () => {
    const many = Array.from({ length: 25 }, (_, index) => tool(`t${index}`, { readOnly: true }));
    const { calls, leftOut } = proposeCalls(many, false, random);
    expect([calls.length, leftOut.length]).toEqual([20, 5]);
  });
});

describe('a list that may only read', () => {
  it('leaves out what writes, what is unknown, and what needs the answer of one of these', () => {
    const call = (name: string, toolName: string, given = {}) => ({
      name,
      method: 'tools/call',
      params: { name: toolName, arguments: given },
    });
    const { calls, leftOut } = onlyReading(
      [
        call('made', 'write'),
        call('2', 'read', { id: '${made.text}' }),
        call('3', 'read'),
        call('4', 'unheard-of'),
        { name: '5', method: 'resources/read', params: { uri: 'x' } },
        { name: '6', method: 'logging/setLevel', params: {} },
      ],
      TOOLS,
    );
    expect(calls.map(({ name }) => name)).toEqual(['3', '5']);
    expect(leftOut.map(({ why }) => why)).toEqual([
      expect.stringContaining('--allow-writes'),
      expect.stringContaining("'made', which is left out"),
      expect.stringContaining('does not list it'),
      expect.stringContaining('may change something'),
    ]);
  });
});
