import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { binary } from '../programs.ts';
import { shipped } from '../shipped.ts';
import type { KubeObject } from './kube-client.ts';

export type Values = Readonly<Record<string, unknown>>;

export const CHART = shipped('deploy/chart');

export interface HelmAnswer {
  readonly ok: boolean;
  readonly output: string;
  /** What it warns of, or why it failed. */
  readonly complaint: string;
}

/** It tells of each link that it follows; the chart's are meant. */
const OF_LINKS = /^.*found symbolic link in path.*\n/gm;

/** Runs helm with a file of values and a home of its own. */
export async function helm(
  args: readonly string[],
  values?: Values,
  env: Readonly<Record<string, string>> = {},
): Promise<HelmAnswer> {
  const home = await mkdtemp(join(tmpdir(), 'mcpspan-helm-'));
  try {
    const file = join(home, 'values.yaml');
    // JSON is YAML.
    await writeFile(file, JSON.stringify(values ?? {}));
    const child = spawn(binary('helm'), [...args, ...(values === undefined ? [] : ['--values', file])], {
      env: { HOME: home, HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [output, complaint] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (output += piece));
    child.stderr.setEncoding('utf8').on('data', (piece: string) => (complaint += piece));
    const [code]: unknown[] = await once(child, 'close');
    return { ok: code === 0, output, complaint: complaint.replace(OF_LINKS, '') };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** The objects that the chart makes of these values. @throws when helm refuses them */
export async function rendered(values: Values, release = 'mcpspan', namespace = 'mcp'): Promise<KubeObject[]> {
  const { ok, output, complaint } = await helm(['template', release, CHART, '--namespace', namespace], values);
  if (!ok) throw new Error(`helm template refuses ${JSON.stringify(values)}: ${complaint}`);
  return objectsIn(output);
}

/** The objects of a text with YAML documents. */
export const objectsIn = (text: string): KubeObject[] =>
  parseAllDocuments(text, { uniqueKeys: true })
    .map((document): unknown => {
      if (document.errors.length > 0) throw new Error(`not YAML: ${document.errors.join('; ')}`);
      return document.toJS();
    })
    .filter((object): object is KubeObject => object !== null);
