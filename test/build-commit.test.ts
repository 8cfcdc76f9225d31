import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildOf } from '../scripts/build-commit.ts';

const folder = mkdtempSync(join(tmpdir(), 'mcpspan-commit-'));
afterAll(() => rmSync(folder, { recursive: true }));

const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
    encoding: 'utf8',
    env: { ...env, GIT_COMMITTER_DATE: '2026-03-04T05:06:07Z' },
  }).trim();

describe('the commit that is built', () => {
  it('is the one that is named where there is no checkout, as in an image', () => {
    expect(buildOf(folder, {})).toEqual({});
    expect(buildOf(folder, { REVISION: '' })).toEqual({});
    expect(buildOf(folder, { REVISION: 'abc' })).toEqual({ commit: 'abc' });
  });

  it('is that of the checkout, with its day, and says so when files differ from it', () => {
    git('init', '--quiet');
    git('commit', '--quiet', '--allow-empty', '--message', 'one');
    const commit = git('rev-parse', 'HEAD');
    expect(buildOf(folder, { REVISION: 'abc' })).toEqual({ commit, committedAt: '2026-03-04' });
    writeFileSync(join(folder, 'file'), '');
    expect(buildOf(folder, {})).toEqual({ commit, committedAt: '2026-03-04', changed: true });
  });

  it('is not that of a checkout of something else', () => {
    mkdirSync(join(folder, 'below'));
    expect(buildOf(join(folder, 'below'), {})).toEqual({});
  });
});
