import { globSync, readFileSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** From left to right; a file imports from its own place and from places further left, never from a neighbour. */
const LINE: readonly (readonly string[])[] = [
  ['json', 'version'],
  ['transport'],
  ['observe', 'delivery', 'settings'],
  ['session'],
  ['telemetry', 'store'],
  ['reading'],
  ['viewer'],
  ['observer'],
  ['collect'],
  ['run'],
  ['commands'],
  ['cli'],
];
const FORBIDDEN_NAMES = /^(utils?|helpers?|types|constants|common|misc|index)\.ts$/;
/** A longer file says why, in a line of its own. */
const MAX_LINES = 300;
const REASON_FOR_LENGTH = /^\/\/ Longer than 300 lines: \S.{20,}$/m;

/** Where a file stands: its folder under src/; the two files at the root of src/ stand for themselves. */
const placeOf = (file: string): string => (file.split('/')[1] ?? '').replace(/\.ts$/, '');

/** What is wrong with `from` importing `to` (paths from the repository's root), or undefined. */
function wrongArrow(from: string, to: string): string | undefined {
  const arrow = `${from} imports ${to}`;
  if (!to.startsWith('src/')) return `${arrow}: outside src`;
  const [left, right] = [placeOf(to), placeOf(from)];
  if (left === right) return undefined;
  if (right === 'simulator') return `${arrow}: the simulator imports nothing of ours`;
  if (left === 'simulator') return right === 'commands' ? undefined : `${arrow}: only commands use the simulator`;
  const rank = (place: string) => LINE.findIndex((places) => places.includes(place));
  for (const place of [left, right]) if (rank(place) < 0) return `${arrow}: ${place} has no place in the line`;
  return rank(left) < rank(right) ? undefined : `${arrow}: ${left} is not left of ${right}`;
}

/** The relative specifiers that a module imports or re-exports, types and dynamic imports included. */
function importsOf(source: string): string[] {
  const pattern = /^\s*(?:import|export)\b[^'";]*?\bfrom\s*['"](\.[^'"]*)|\bimport\s*\(?\s*['"](\.[^'"]*)/gm;
  return [...source.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '');
}

/** Everything that is wrong with one file. */
function faults(file: string, source: string): string[] {
  const found = importsOf(source).map((to) => wrongArrow(file, posix.join(posix.dirname(file), to)));
  const lines = source.trimEnd().split('\n').length;
  if (lines > MAX_LINES && !REASON_FOR_LENGTH.test(source)) found.push(`${file} has ${lines} lines`);
  if (FORBIDDEN_NAMES.test(basename(file))) found.push(`${file} is named for no thing`);
  if (/^\s*export\s*(type\s*)?(\*|\{[^}]*\})[^;]*\bfrom\b/m.test(source)) found.push(`${file} re-exports`);
  if (/\bcatch\s*(\([^)]*\)\s*)?\{(\s|\/\/.*|\/\*[^]*?\*\/)*\}/.test(source)) found.push(`${file} has an empty catch`);
  return found.filter((fault) => fault !== undefined);
}

describe('the line', () => {
  it('holds in src', () => {
    const files = globSync('src/**/*.ts', { cwd: root });
    expect(files).not.toEqual([]);
    expect(files.flatMap((file) => faults(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });

  it('keeps files short, or has them say why they are not', () => {
    const lines = (count: number) => 'one();\n'.repeat(count);
    expect(faults('src/observe/lines.ts', lines(300))).toEqual([]);
    expect(faults('src/observe/lines.ts', lines(301))).toEqual(['src/observe/lines.ts has 301 lines']);
    const reason = '// Longer than 300 lines: one table of names, which nobody reads from end to end.\n';
    expect(faults('src/observe/lines.ts', reason + lines(301))).toEqual([]);
    expect(faults('src/observe/lines.ts', `// Longer than 300 lines:\n${lines(300)}`)).not.toEqual([]);
  });

  it.each([
    ['src/observe/message.ts', "import { tap } from '../transport/tap.ts';"],
    ['src/telemetry/spans.ts', "import type { Tap } from '../transport/wire-event.ts';"],
    ['src/telemetry/spans.ts', "import { semconv } from './semconv.ts';"],
    ['src/run/proxy.ts', "import { parse } from '../settings/config.ts';"],
    ['src/telemetry/sdk.ts', "import type { Signals } from '../settings/signals.ts';"],
    ['src/viewer/open-page.ts', "import { version } from '../version.ts';"],
    ['src/commands/demo.ts', "import { play } from '../simulator/play.ts';"],
    ['src/commands/demo.ts', "import { start } from '../run/proxy.ts';"],
    ['src/cli.ts', "import { demo } from './commands/demo.ts';"],
    ['src/transport/http.ts', "import http from 'node:http';"],
    ['src/observe/lines.ts', 'try { read(); } catch (error) { count(error); }'],
  ])('lets %s say %j', (file, source) => {
    expect(faults(file, source)).toEqual([]);
  });

  it.each([
    ['src/transport/http.ts', "import { read } from '../observe/message.ts';", 'observe is not left of transport'],
    ['src/observe/message.ts', "import type { Event } from '../session/event.ts';", 'session is not left of observe'],
    [
      'src/observe/message.ts',
      "import {\n  one,\n  two,\n} from '../session/event.ts';",
      'session is not left of observe',
    ],
    [
      'src/session/event.ts',
      "const spans = await import('../telemetry/spans.ts');",
      'telemetry is not left of session',
    ],
    ['src/telemetry/spans.ts', "import { row } from '../store/writer.ts';", 'store is not left of telemetry'],
    [
      'src/telemetry/otlp.ts',
      "import type { Setup } from '../observer/setup.ts';",
      'observer is not left of telemetry',
    ],
    ['src/settings/config.ts', "import '../run/proxy.ts';", 'run is not left of settings'],
    ['src/commands/demo.ts', "import { run } from '../cli.ts';", 'cli is not left of commands'],
    ['src/simulator/play.ts', "import { now } from '../transport/clock.ts';", 'the simulator imports nothing of ours'],
    ['src/run/proxy.ts', "import { play } from '../simulator/play.ts';", 'only commands use the simulator'],
    ['src/cli.ts', "import { play } from './simulator/play.ts';", 'only commands use the simulator'],
    ['src/run/proxy.ts', "import { x } from '../extras/x.ts';", 'extras has no place in the line'],
    ['src/run/proxy.ts', "import { listen } from '../../test/support/listen.ts';", 'outside src'],
    ['src/session/event.ts', "export { step } from './session.ts';", 're-exports'],
    ['src/session/event.ts', "export * from './session.ts';", 're-exports'],
    ['src/session/utils.ts', '', 'is named for no thing'],
    ['src/session/event.ts', 'try { read(); } catch { /* never mind */ }', 'has an empty catch'],
    ['src/session/event.ts', 'try {\n  read();\n} catch (error) {\n  // never mind\n}', 'has an empty catch'],
  ])('faults %s for %j', (file, source, fault) => {
    expect(faults(file, source).join('\n')).toContain(fault);
  });
});
