import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readText, replaceText } from '../../../src/commands/install/config-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpspan-config-'));
  path = join(folder, 'file');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a configuration file', () => {
  it('is left as it is, and nothing beside it, where somebody else has changed it since it was read', () => {
    writeFileSync(path, 'theirs');
    expect(replaceText(path, 'ours', 'new')).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe('theirs');
    expect(globSync('*', { cwd: folder })).toEqual(['file']);
  });

  it('keeps a byte order mark', () => {
    writeFileSync(path, '\uFEFFtext');
    expect(readText(path)).toBe('\uFEFFtext');
    expect(replaceText(path, '\uFEFFtext', '\uFEFFnew')).toBe(true);
    expect(readFileSync(path)).toEqual(Buffer.from('\uFEFFnew'));
  });

  it('is not there, is no text, or cannot be read', () => {
    expect(readText(path)).toBeUndefined();
    expect(readText(join(path, 'below'))).toBeUndefined();
    writeFileSync(path, Buffer.from([0xff]));
    expect(() => readText(path)).toThrow('it is no UTF-8 text');
    expect(() => readText(folder)).toThrow('EISDIR');
  });
});
