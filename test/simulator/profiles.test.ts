import { describe, expect, it } from 'vitest';
import { findClientName } from '../../src/session/client-names.ts';
import { profiles, roster } from '../../src/simulator/profiles.ts';
import { quizTools } from '../../src/simulator/quiz.ts';

describe('profiles', () => {
  it('are these, unless others are asked for', () => {
    expect(profiles.map(({ name }) => name)).toEqual([
      'chatgpt-2025',
      'claude-2026-03',
      'chatgpt-2026',
      'modern-stateless',
      'reconnect-loop',
      'scanner',
    ]);
  });

  it('can be chosen from these', () => {
    expect(roster.map(({ name }) => name)).toEqual([
      'chatgpt-2025',
      'chatgpt-2026',
      'claude-2026-03',
      'claude-ai-2026-07',
      'claude-code',
      'cursor',
      'vscode',
      'langchain-python',
      'n8n-old',
      'openai-agents',
      'mcp-remote',
      'modern-stateless',
      'reconnect-loop',
      'scanner',
      'health-checker',
      'stops-at-challenge',
      'stops-at-metadata',
      'never-returns',
      'wrong-audience',
      'validator',
      'shakes-hands-only',
      'signs-in',
    ]);
    expect(roster).toEqual(expect.arrayContaining([...profiles]));
  });

  it.each(roster)('$name says of each field where it was seen', ({ evidence }) => {
    for (const said of Object.values(evidence)) expect(said).toMatch(/.{5}/);
  });

  it.each(roster)('$name takes its steps in order, within two minutes', ({ steps }) => {
    const times = steps.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeLessThanOrEqual(120);
  });

  it.each(
    roster.filter(
      ({ name, signsIn }) => !['reconnect-loop', 'scanner', 'health-checker'].includes(name) && signsIn !== true,
    ),
  )('$name makes enough tool calls for a verdict', ({ steps }) => {
    expect(steps.filter(({ does }) => does === 'call').length).toBeGreaterThanOrEqual(6);
  });

  it('call the tools that the simulated server has', () => {
    const called = roster.flatMap(({ steps }) => steps.flatMap((step) => (step.does === 'call' ? [step.tool] : [])));
    expect(new Set(called)).toEqual(new Set(quizTools.map(({ name }) => name)));
  });

  it.each([
    ['claude-ai-2026-07', 'claude.ai'],
    ['claude-code', 'claude-code'],
    ['cursor', 'cursor'],
    ['vscode', 'vscode'],
    ['langchain-python', 'mcp-python'],
    ['n8n-old', 'n8n'],
  ])('%s goes by a name that is told apart as %s', (name, label) => {
    const profile = roster.find((one) => one.name === name);
    expect(findClientName(profile?.client.name ?? '', profile?.headers['User-Agent'])?.label).toBe(label);
  });
});
