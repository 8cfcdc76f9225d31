import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allOptions } from '../../src/commands/help/help.ts';
import { services } from './compose.ts';
import { variablesIn } from './variables.ts';
import { readText, readYaml, root } from './yaml.ts';

const DOCKER = 'docs/docker.md';
const SCALE_OUT = 'docs/scale-out.md';
const COLLECT = 'docs/collect.md';

/** Of docker itself. */
const DOCKERS = ['--read-only', '--stop-timeout', '--init', '--ipc', '--build-arg'];
/** Of the Collector. */
const COLLECTORS = ['--config'];

describe.each([DOCKER, SCALE_OUT, COLLECT])('%s', (page) => {
  const text = readText(page);

  it('links to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(1);
    expect(links.filter((link) => !existsSync(join(root, 'docs', link)))).toEqual([]);
  });

  it('shows flags that exist', () => {
    const flags = new Set([...text.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([flag]) => flag));
    const all = allOptions(undefined);
    expect(flags.size).toBeGreaterThan(1);
    expect([...flags].filter((flag) => !all.includes(flag) && ![...DOCKERS, ...COLLECTORS].includes(flag))).toEqual([]);
  });
});

describe(DOCKER, () => {
  const text = readText(DOCKER);

  it('says where everything is that is published, and how to move it', () => {
    const ports = services().flatMap((one) => one.ports);
    expect(ports.length).toBeGreaterThan(4);
    for (const port of ports) expect(text).toContain(`http://localhost:${port.split(':')[1]}`);
    const movable = [...variablesIn(readYaml('docker-compose.yml')).keys()].filter((name) => name.endsWith('_PORT'));
    expect(movable.toSorted((a, b) => a.localeCompare(b))).toHaveLength(ports.length);
    for (const name of movable) expect(text).toContain(`\`${name}\``);
  });
});

describe(SCALE_OUT, () => {
  it('has the variables of both files, with their defaults', () => {
    const text = readText(SCALE_OUT);
    const variables = ['agent', 'gateway'].flatMap((tier) => [
      ...variablesIn(readYaml(`deploy/otel-collector-${tier}.yaml`)),
    ]);
    const told = variables.filter(([name]) => text.includes(`\`${name}\``));
    expect(new Set(told.map(([name]) => name)).size).toBe(8);
    for (const [name, value] of told) expect(text, name).toContain(value);
  });
});
