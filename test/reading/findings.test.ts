import { describe, expect, it } from 'vitest';
import { VERDICT } from '../../grafana/dashboards/palette.ts';
import { CLIENT_COLUMNS } from '../../src/reading/client-columns.ts';
import { meaningOf } from '../../src/reading/client-words.ts';
import { findings, findingInWords, type Finding } from '../../src/reading/findings.ts';
import { VERDICTS } from '../../src/reading/verdicts.ts';
import type { ClientFigures } from '../../src/store/client-figures.ts';
import type { StoredProcess } from '../../src/store/process-row.ts';
import type { ToolClient, ToolFigures } from '../../src/store/tool-figures.ts';
import { NO_EVIDENCE } from './no-evidence.ts';

const client = (name: string, figures: Partial<ClientFigures>): ClientFigures =>
  // Findings read these members alone.
  ({
    server: 'quiz',
    client: name,
    verdict: undefined,
    toolCalls: 0,
    sessions: 0,
    emptySessions: 0,
    handshakes: 0,
    handshakeSeconds: 0,
    avoidableHandshakes: 0,
    ...figures,
  }) as ClientFigures;

const tool = (name: string, ...clients: Partial<ToolClient>[]): ToolFigures =>
  ({ server: 'quiz', tool: name, definition: undefined, clients }) as unknown as ToolFigures;

const process = (change: Partial<StoredProcess> = {}): StoredProcess =>
  ({
    server: 'quiz',
    upstream: 'http://localhost:3000',
    address: 'http://127.0.0.1:4100/mcp',
    ...change,
  }) as StoredProcess;

const found = (
  tools: ToolFigures[],
  clients: ClientFigures[] = [],
  processes: StoredProcess[] = [process()],
  lost = 0,
): Finding[] => findings({ ...NO_EVIDENCE, tools, clients, processes, lost });

const odd = (oddity: ToolClient['oddity'], number: number): Partial<ToolClient> => ({
  client: 'chatgpt',
  calls: number,
  failed: oddity === 'failing' ? number : 0,
  rejected: oddity === 'rejected' ? number : 0,
  oddity,
});

describe('findings', () => {
  it('come by the harm they do: failures, empty answers, rejections, and the most calls first', () => {
    const tools = [
      tool('a', odd('rejected', 900)),
      tool('b', odd('failing', 5)),
      tool('c', odd('empty', 50)),
      tool('d', odd('failing', 60)),
    ];
    expect(found(tools).map((finding) => finding.tool)).toEqual(['d', 'b', 'c', 'a']);
  });

  it('put landmines before risks, and the risks of many calls before those of few', () => {
    const risks = [
      client('few', { verdict: 'sessionless', toolCalls: 6 }),
      client('many', { verdict: 'per-call', toolCalls: 600, handshakes: 600 }),
    ];
    const all = found([tool('a', odd('failing', 5))], risks);
    expect(all.map(({ kind, client: of }) => [kind, of])).toEqual([
      ['landmine', 'chatgpt'],
      ['risk', 'many'],
      ['risk', 'few'],
    ]);
  });

  it('leave out what costs next to nothing', () => {
    const spent = (avoidableHandshakes: number, handshakeSeconds: number): ClientFigures =>
      client('vscode', { avoidableHandshakes, handshakes: 100, handshakeSeconds });
    expect(found([], [spent(1, 100)])).toEqual([]);
    expect(found([], [spent(90, 0.9)])).toEqual([]);
    expect(found([], [spent(90, 90)])).toHaveLength(1);
  });

  it.each([
    [process(), 'mcpspan probe http://localhost:3000/mcp --allow-writes'],
    [
      process({ upstream: 'https://[::1]:3000', address: 'http://127.0.0.1:4100' }),
      'mcpspan probe https://[::1]:3000/ --allow-writes',
    ],
    [
      process({ address: 'http://h/a;rm%20-rf$(x)' }),
      "mcpspan probe 'http://localhost:3000/a;rm%20-rf$(x)' --allow-writes",
    ],
    [
      process({ upstream: 'http://quiz.internal:3000/mcp', address: 'http://127.0.0.1:4100/quiz' }),
      'mcpspan probe http://quiz.internal:3000/mcp --allow-writes',
    ],
    [process({ upstream: '' }), undefined],
    [process({ server: 'other' }), undefined],
  ])('name the command that proves them, for this server (%#)', (running, command) => {
    const [finding] = found([tool('a', odd('failing', 5))], [], [running]);
    expect(finding?.command).toBe(command);
    if (finding !== undefined && command !== undefined)
      expect(findingInWords(finding)).toContain(`To prove it: ${command}`);
  });
});

describe('a verdict', () => {
  it('has one name: in the table of words, in dashboards, and in the column that commands, the report and the page show', () => {
    expect(Object.keys(VERDICTS).toSorted()).toEqual(Object.keys(VERDICT).toSorted());
    for (const [name, { meaning }] of Object.entries(VERDICTS)) {
      // The keys of the table are verdicts.
      const figures = client('x', { verdict: name as NonNullable<ClientFigures['verdict']> });
      expect(CLIENT_COLUMNS.verdict.text(figures, 0)).toBe(name);
      expect(meaningOf(figures)).toBe(meaning);
    }
  });
});
