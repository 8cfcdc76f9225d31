import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blockScanOf, textMemory } from '../../src/json/block-scan.ts';
import { endOfString, endOfValue } from '../../src/json/scan.ts';
import { OddJson } from '../observe/odd-json.ts';

const GARBAGE = ['', '"', '\\', '\\"', '"]}', ']]]]"}}}}', '\\\\"{"', '\0'].map((text) => text.repeat(64).slice(0, 64));

/** What stands after a text in memory: the rest of an earlier one. */
let turn = 0;
const garbage = (): string => GARBAGE[(turn += 1) % GARBAGE.length] ?? '';

/** The index after the string or container at `at`, found the way anyone would; -1 when the text ends first. */
function endOf(text: Buffer, at: number): number {
  let depth = 0;
  let inString = false;
  for (let next = at; next < text.length; next += 1) {
    const character = String.fromCharCode(text[next] ?? 0);
    if (inString && character === '\\') next += 1;
    else if (character === '"') inString = !inString;
    else if (!inString && '{['.includes(character)) depth += 1;
    else if (!inString && '}]'.includes(character)) depth -= 1;
    if (depth === 0 && !inString && next < text.length) return next + 1;
  }
  return -1;
}

/** The same text in ordinary memory, and in that of the block scan: at its start, somewhere, at its very end. */
function placed(text: string): Buffer[] {
  const ordinary = Buffer.from(text);
  const room = textMemory.length - ordinary.length;
  const scanned = [0, 1_000_001, 4_000_000 + (turn % 64), room].map((from) => {
    textMemory.write(garbage(), from + ordinary.length, 'latin1');
    textMemory.set(ordinary, from);
    return textMemory.subarray(from, from + ordinary.length);
  });
  return [ordinary, ...scanned];
}

/** The end in each memory, which has to be one. */
function ends(text: string, at = 0): number {
  const found = placed(text).map((bytes) => endOfValue(bytes, at));
  expect([...new Set(found)], `${JSON.stringify(text)} from ${at}`).toHaveLength(1);
  return found[0] ?? Number.NaN;
}

describe('the end of a string or container', () => {
  it('is looked for in blocks where texts are put, and only there', () => {
    expect(blockScanOf(textMemory.subarray(5, 10))).toBeDefined();
    expect(blockScanOf(Buffer.from('text'))).toBeUndefined();
  });

  it('is found after a run of backslashes of any length, across any border', () => {
    for (let before = 0; before <= 130; before += 1)
      for (const run of [0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 66, 127, 128, 129]) {
        const text = `"${'x'.repeat(before)}${'\\'.repeat(run)}"${'y'.repeat(before % 7)}" "`;
        const end = endOf(Buffer.from(text), 0);
        expect(ends(text)).toBe(end);
        expect(ends(`[${text.slice(0, end)}]"`)).toBe(end + 2);
      }
  });

  it('is found wherever a quote, an escaped one or a bracket stands', () => {
    for (let before = 0; before <= 200; before += 1) {
      const filled = 'x'.repeat(before);
      expect(ends(`"${filled}"`)).toBe(before + 2);
      expect(ends(`"${filled}\\""`)).toBe(before + 4);
      expect(ends(`["${filled}","]}",{"}":"\\"]"}]]`)).toBe(before + 21);
      expect(ends(`[${' '.repeat(before)}]]`)).toBe(before + 2);
      expect(ends(`{"${filled}":[],"":{"a":[{}]}}}`)).toBe(before + 21);
      expect(ends(`${'['.repeat(before)}[]${'}'.repeat(before)}]`)).toBe(2 * before + 2);
    }
  });

  it('is found past a picture and past prose, of which most is passed over', () => {
    for (let length = 0; length <= 300; length += 1) {
      const text = 'a'.repeat(length);
      for (const tail of ['', '\\n', '\\\\', '\\"', '\\\\\\"'])
        for (const string of [`"${text}${tail}"`, `"${'b'.repeat(64)}${text}\\n${text}${tail}"`]) {
          expect(ends(`${string}"`)).toBe(string.length);
          expect(ends(`{"a":[${string}]}]`)).toBe(string.length + 8);
        }
    }
  });

  it('is that of JSON of any kind, and nowhere in a part of it', () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const json = new OddJson(seed);
      const text = `[${json.object(json.members(json.below(12)))}${json.space()}]`;
      const { length } = Buffer.from(text);
      expect(ends(text)).toBe(length);
      for (const bytes of placed(text))
        for (let cut = 0; cut < length; cut += 1) expect(endOfValue(bytes.subarray(0, cut), 0), text).toBe(-1);
    }
  });

  it('is the same for texts that nobody writes, from any place in them', () => {
    const pieces = ['"', '\\', '{', '}', '[', ']', ' ', '\\"', '\\\\', '"a"', '{}', '[', 'x'.repeat(50), 'é'] as const;
    for (let seed = 1; seed <= 4_000; seed += 1) {
      const json = new OddJson(seed);
      const some = Array.from({ length: 2 + json.below(8) }, () => json.pick(pieces));
      const length = json.below(120);
      const text = json.pick(['"', '[', '{"']) + Array.from({ length }, () => some[json.below(some.length)]).join('');
      const [ordinary = textMemory, ...scanned] = placed(text);
      for (const at of [0, json.below(ordinary.length), json.below(ordinary.length)]) {
        const inString = endOfString(ordinary, at);
        const ofValue = endOfValue(ordinary, at);
        for (const bytes of scanned)
          expect([endOfString(bytes, at), endOfValue(bytes, at)], `${JSON.stringify(text)} from ${at}`).toEqual([
            inString,
            ofValue,
          ]);
        if ('"[{'.includes(String.fromCharCode(ordinary[at] ?? 0))) expect(ofValue, text).toBe(endOf(ordinary, at));
      }
    }
  });

  it('is found the old way where a backslash stands outside of strings', () => {
    expect(ends('{"a":\\"b}"}}')).toBe(11);
    expect(ends(`[${'1,'.repeat(40)}\\"]"]`)).toBe(86);
    expect(ends('[{}]\\"[')).toBe(4);
    expect(ends('[\\')).toBe(-1);
  });

  it('is found without WebAssembly', () => {
    const script = `
      import { blockScanOf, textMemory } from '../json/block-scan.ts';
      import { readMessages } from './skim.ts';
      const text = JSON.stringify({ result: { content: [{ text: '"quoted" '.repeat(1000) }], isError: false }, id: 1 });
      textMemory.write(text);
      const found = readMessages(textMemory.subarray(0, text.length));
      console.log(JSON.stringify({ inBlocks: blockScanOf(textMemory) !== undefined, value: found[0].value }));
    `;
    const run = (...flags: string[]): unknown => {
      const args = [...flags, '--input-type=module', '--eval', script];
      const cwd = join(import.meta.dirname, '../../src/observe');
      return JSON.parse(execFileSync(process.execPath, args, { cwd, encoding: 'utf8' }));
    };
    const value = { result: { isError: false }, id: 1 };
    expect(run()).toEqual({ inBlocks: true, value });
    // Less than the memory that is asked for, and enough for what Node itself needs.
    expect(run('--wasm-max-mem-pages=128')).toEqual({ inBlocks: false, value });
  });
});
