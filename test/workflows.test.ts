import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const folder = join(root, '.github/workflows');

interface Step {
  id?: string;
  uses?: string;
  run?: string;
}
interface Job {
  needs?: string;
  'runs-on': string;
  'timeout-minutes'?: number;
  permissions?: Readonly<Record<string, string>>;
  steps: readonly Step[];
}
interface Workflow {
  permissions: Readonly<Record<string, string>>;
  jobs: Readonly<Record<string, Job>>;
}

// npm wrote the file.
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

describe.each(readdirSync(folder))('the workflow %s', (file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  // The members that are looked at are those that GitHub requires.
  const { permissions, jobs } = parse(text, { uniqueKeys: true, strict: true }) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it('may only read, unless a job says that it needs more', () => {
    expect(permissions).toEqual({ contents: 'read' });
  });

  it('has jobs that end, and wait only for jobs that there are', () => {
    for (const job of Object.values(jobs)) {
      expect(job['timeout-minutes']).toBeGreaterThan(0);
      if (job.needs !== undefined) expect(Object.keys(jobs)).toContain(job.needs);
    }
  });

  it('pins each action to a commit, with its version beside it', () => {
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/^[\w.-]+\/[\w.-]+@[0-9a-f]{40}$/);
    const named = text.match(/uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/gm) ?? [];
    expect(named).toHaveLength(steps.filter(({ uses }) => uses !== undefined).length);
    // One action has one version.
    const versions = new Map(named.map((line) => [line.split('@')[0], line]));
    expect(versions.size).toBe(new Set(named).size);
  });

  it('runs scripts that there are', () => {
    const lines = steps.flatMap(({ run }) => run?.split('\n') ?? []).filter((line) => line.trim() !== '');
    expect(lines).not.toEqual([]);
    for (const line of lines) {
      const [program = '', first = '', second = ''] = line.trim().split(/\s+/);
      if (program === 'node') {
        // What the build writes is not there before it.
        if (!first.startsWith('dist/')) expect(existsSync(join(root, first)), line).toBe(true);
      } else if (program === 'npm' && first === 'run') expect(Object.keys(scripts), line).toContain(second);
      else if (program.startsWith('.')) accessSync(join(root, program), constants.X_OK);
      else expect(['npm pack', 'npm publish', 'gh release']).toContain(`${program} ${first}`);
    }
  });

  it('reads only outputs of steps that there are', () => {
    const ids = new Set(steps.map(({ id }) => id));
    for (const [, id] of text.matchAll(/steps\.([\w-]+)\./g)) expect(ids).toContain(id);
  });
});

describe('a release', () => {
  const { jobs } = parse(readFileSync(join(folder, 'release.yml'), 'utf8')) as Workflow;

  it('proves where package and image come from, and takes no token of npm', () => {
    const publishing = Object.values(jobs).filter(({ permissions }) => permissions?.['id-token'] === 'write');
    expect(publishing.map(({ needs }) => needs)).toEqual(['test', 'test']);
    const text = JSON.stringify(publishing);
    expect(text).toMatch(/npm publish \S+ --provenance/);
    expect(text).toContain('"provenance":"mode=max","sbom":true');
    expect(text.match(/attest-build-provenance/g)).toHaveLength(2);
    expect(text).not.toMatch(/NPM_TOKEN|NODE_AUTH_TOKEN/);
  });

  it('gives the image the commit, as the Dockerfile asks for it', () => {
    expect(JSON.stringify(jobs)).toContain('REVISION=${{ github.sha }}');
    // Before the build, which reads it from the environment.
    expect(readFileSync(join(root, 'Dockerfile'), 'utf8')).toMatch(/^ARG REVISION=\nRUN node scripts\/build\.ts$/m);
  });
});
