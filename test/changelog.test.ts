import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KINDS, readChangelog, releaseNotes } from '../scripts/changelog.ts';

const root = join(import.meta.dirname, '..');
const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
// npm wrote the file.
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

describe('CHANGELOG.md', () => {
  it('has a section for the version of package.json or for what comes next, the newest first', () => {
    const [first] = readChangelog(changelog).keys();
    expect(['Unreleased', version]).toContain(first);
  });

  it('says of each change that is to be released which kind it is', () => {
    const { changes } = readChangelog(changelog).get('Unreleased') ?? { changes: [] };
    const known: readonly (string | undefined)[] = KINDS;
    expect(changes.filter(({ kind }) => !known.includes(kind))).toEqual([]);
  });
});

describe('the notes of a release', () => {
  const TEXT =
    '# Changelog\n\n## Unreleased\n\n- Added: z\n\n## 1.1.0 - 2026-01-02\n\nA small one.\n\n- Fixed: a\n  goes on\n- Added: b\n- Fixed: c\n\n## 1.0.0\n\n- all\n';

  it('are its changes by kind, whole, and nothing of other versions', () => {
    expect(releaseNotes(TEXT, '1.1.0')).toBe('A small one.\n\n### Added\n\n- b\n\n### Fixed\n\n- a\n  goes on\n- c\n');
    expect(releaseNotes(TEXT, '1.0.0')).toBe('- all\n');
  });

  it('are refused for a version without changes, and for a line that belongs to none', () => {
    expect(() => releaseNotes(TEXT, '2.0.0')).toThrow("no changes under '## 2.0.0'");
    expect(() => readChangelog('- Added: a')).toThrow('belongs to no version: - Added: a');
  });

  it('are printed for the tag of this version alone', () => {
    const print = (tag: string) =>
      spawnSync(process.execPath, [join(root, 'scripts/release-notes.ts'), tag], { encoding: 'utf8' });
    expect(print('v99.0.0')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining(`is not v${version}`),
    });
    expect(print(`v${version}`)).toMatchObject({ status: 0, stdout: releaseNotes(changelog, version) });
  });
});
