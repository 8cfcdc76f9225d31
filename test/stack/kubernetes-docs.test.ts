import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { at } from '../deploy/yaml.ts';
import { startControlPlane, type ControlPlane } from './support/kubernetes/control-plane.ts';
import { objectsIn, rendered, type Values } from './support/kubernetes/helm.ts';
import { podOf, restrictedNamespace } from './support/kubernetes/pods.ts';
import { binary } from './support/programs.ts';
import { scratch } from './support/scratch.ts';
import { shipped } from './support/shipped.ts';

const NAMESPACES = ['mcp', 'observability'];
const run = promisify(execFile);

const written = ['docs/kubernetes.md', 'deploy/chart/README.md'].flatMap((page) =>
  [...readFileSync(shipped(page), 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text),
);
const objects = written.filter((text) => text.startsWith('apiVersion:')).flatMap(objectsIn);
const collectors = objects.filter(({ kind }) => kind === 'OpenTelemetryCollector');
const ours = objects.filter((object) => !collectors.includes(object));
// The other examples are files of other programs, and have a line with the name.
const values: Values[] = written.filter((text) => /^servers:/m.test(text)).map((text) => parse(text));
const prometheus = written.filter((text) => text.startsWith('# prometheus.yml'));

let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane();
  for (const name of NAMESPACES) await cluster.client.apply(restrictedNamespace(name));
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe('the YAML of docs/kubernetes.md and of the README of the chart', () => {
  it('is of a kind that is tried here', () => {
    const tried = values.length + prometheus.length + written.filter((text) => text.startsWith('apiVersion:')).length;
    expect(tried).toBe(written.length);
    expect([values.length, ours.length, collectors.length, prometheus.length].map((count) => count > 0)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it.each(ours.map((object) => ({ kind: object.kind, object })))('has a $kind that an apiserver takes', async (one) => {
    const pods = at(one.object['spec'], 'template') === undefined ? [] : [podOf(one.object)];
    for (const object of [one.object, ...pods]) {
      expect((await cluster.client.apply(object, 'mcp', true)).warnings).toEqual([]);
    }
  });

  it.each(values.map((one, index) => ({ index, one })))('has values for the chart: example $index', async ({ one }) => {
    for (const object of await rendered(one)) {
      expect((await cluster.client.apply(object, 'mcp', true)).warnings).toEqual([]);
    }
  });

  it.each(collectors.map((one) => ({ name: one.metadata.name, one })))(
    'has a configuration for the collector that a collector takes: $name',
    async ({ one }) => {
      await using disk = await scratch('collector');
      const file = join(disk.folder, 'config.yaml');
      await writeFile(file, stringify(at(one['spec'], 'config')));
      await run(binary('otelcol'), ['validate', '--config', file]);
    },
  );

  it.each(prometheus.map((text) => ({ text })))('has a part of a configuration that Prometheus takes', async (one) => {
    await using disk = await scratch('prometheus');
    const file = join(disk.folder, 'prometheus.yml');
    await writeFile(file, one.text);
    await run(binary('promtool'), ['check', 'config', file]);
  });
});
