import { describe, expect, it } from 'vitest';
import { profiles } from '../../src/simulator/profiles.ts';
import { quizTools } from '../../src/simulator/quiz.ts';

describe('profiles', () => {
  it('are these', () => {
    expect(profiles.map(({ name }) => name)).toEqual([
      'chatgpt-2025',
      'claude-2026-03',
      'chatgpt-2026',
      'modern-stateless',
      'reconnect-loop',
      'scanner',
    ]);
  });

  it.each(profiles)('$name says where its behaviour was seen', ({ evidence }) => {
    expect(evidence).not.toEqual([]);
  });

  it.each(profiles)('$name takes its steps in order, within two minutes', ({ steps }) => {
    const times = steps.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeLessThanOrEqual(120);
  });

  it.each(['chatgpt-2025', 'claude-2026-03', 'chatgpt-2026', 'modern-stateless'])(
    '%s makes enough tool calls for a verdict',
    (name) => {
      const steps = profiles.find((profile) => profile.name === name)?.steps ?? [];
      expect(steps.filter(({ does }) => does === 'call').length).toBeGreaterThanOrEqual(6);
    },
  );

  it('call the tools that the simulated server has', () => {
    const called = profiles.flatMap(({ steps }) => steps.flatMap((step) => (step.does === 'call' ? [step.tool] : [])));
    expect(new Set(called)).toEqual(new Set(quizTools.map(({ name }) => name)));
  });
});
