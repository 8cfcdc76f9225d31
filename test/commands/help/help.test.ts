import { describe, expect, it } from 'vitest';
import { allOptions, commandHelp, help, overview } from '../../../src/commands/help/help.ts';
import { widthOf } from '../../../src/commands/terminal/text.ts';
import { COMMAND_HELP, isHelpTopic } from '../../../src/settings/command-help.ts';
import { parseConfig } from '../../../src/settings/config.ts';
import { OPTIONS } from '../../../src/settings/options.ts';

const TOPICS = Object.keys(COMMAND_HELP).filter(isHelpTopic);
const linesOf = (text: string): string[] => text.trimEnd().split('\n');

describe('mcpspan --help', () => {
  it('has less than 25 lines of at most 80 columns, and names every command', () => {
    const text = overview(80);
    expect(linesOf(text).length).toBeLessThan(25);
    expect(linesOf(text).filter((line) => widthOf(line) > 80)).toEqual([]);
    for (const topic of TOPICS)
      expect(text, topic).toContain(COMMAND_HELP[topic].isMinor ? topic : COMMAND_HELP[topic].usage);
  });
});

describe.each(TOPICS)('mcpspan help %s', (topic) => {
  it('is one screen, with two or three examples', () => {
    const lines = linesOf(commandHelp(topic, 80));
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(lines.filter((line) => widthOf(line) > 80)).toEqual([]);
    expect([2, 3]).toContain(COMMAND_HELP[topic].examples.length);
  });

  it.each([40, 60, 120])('is wrapped to %i columns, where words allow', (columns) => {
    const longest = Math.max(...commandHelp(topic, columns).split(/\s+/).map(widthOf));
    const most = Math.max(columns, longest + 4);
    // What is typed stands in one line.
    const typed = COMMAND_HELP[topic].examples.map(([command]) => `  ${command}`);
    const wide = linesOf(commandHelp(topic, columns)).filter((line) => widthOf(line) > most);
    expect(wide.filter((line) => !typed.some((command) => line.startsWith(command)))).toEqual([]);
  });

  it('has examples that the command line takes', () => {
    for (const [command] of COMMAND_HELP[topic].examples) {
      const words = /\bmcpspan ([^)|]*)/.exec(command)?.[1]?.trim().split(' ') ?? [];
      const parsed = parseConfig(words, { HOME: '/home/me' });
      expect(parsed, command).toMatchObject({ ok: true });
    }
  });
});

describe('mcpspan help', () => {
  it.each([
    [['help'], undefined],
    [['-h'], undefined],
    [['--help'], undefined],
    [['help', 'probe'], 'probe'],
    [['probe', '--help'], 'probe'],
    [['probe', '-h', '--json'], 'probe'],
    [['help', 'http'], 'http'],
    [['--help', '--', 'npx'], 'stdio'],
  ])('%j is about %s', (argv, topic) => {
    expect(parseConfig(argv, {})).toEqual({ ok: true, command: 'help', topic });
  });

  it.each([['-v'], ['--version'], ['version']])('%s is the version', (word) => {
    expect(parseConfig([word], {})).toEqual({ ok: true, command: 'version', json: false });
  });

  it('refuses what is no command, with the nearest', () => {
    const told: string[] = [];
    const out = { columns: 80, colours: false, write: (text: string) => void told.push(text) };
    const tell = (line: string): void => void told.push(line);
    expect(help('prob', { out, tell })).toBe(2);
    expect(help('\u001B[31m', { out, tell })).toBe(2);
    expect(told).toEqual([
      "mcpspan: 'prob' is not a command; did you mean probe?",
      "mcpspan: '\u{FFFD}[31m' is not a command; see mcpspan help",
    ]);
  });
});

describe('mcpspan --help-all', () => {
  it('has every option once, with its default', () => {
    const lines = linesOf(allOptions(undefined));
    for (const name of Object.keys(OPTIONS)) {
      const found = lines.filter((line) => new RegExp(`^  --${name}( |$)`).test(line));
      expect(found, name).toHaveLength(1);
    }
    expect(allOptions(undefined)).toMatch(/--listen HOST:PORT +where clients connect \[127\.0\.0\.1:4100\]/);
  });
});
