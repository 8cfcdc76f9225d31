import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number };
  children?: number[];
}

/** A profile as V8 writes it; times are in microseconds. */
interface CpuProfile {
  nodes: ProfileNode[];
  samples: number[];
  timeDeltas: number[];
}

export interface Place {
  /** `function file:line` */
  name: string;
  /** Milliseconds in the function itself, and including everything that it called. */
  self: number;
  total: number;
}

export interface ThreadProfile {
  thread: string;
  /** Milliseconds that were not idle. */
  busy: number;
  places: Place[];
}

/** Reads the profiles that `node --cpu-prof` left in a folder: one per thread. */
export const readProfiles = (folder: string): ThreadProfile[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.cpuprofile'))
    .toSorted()
    // V8 wrote the file, so it has V8's format.
    .map((file) => summarise(file, JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile));

const IDLE = '(idle)';

function summarise(file: string, { nodes, samples, timeDeltas }: CpuProfile): ThreadProfile {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const spent = new Map<number, number>();
  samples.forEach((id, index) => spent.set(id, (spent.get(id) ?? 0) + (timeDeltas[index] ?? 0)));
  const places = new Map<string, Place>();
  const visit = (node: ProfileNode, above: ReadonlySet<string>): number => {
    const name = nameOf(node);
    const self = (spent.get(node.id) ?? 0) / 1_000;
    const within = new Set(above).add(name);
    let total = self;
    for (const child of node.children ?? []) {
      const found = byId.get(child);
      if (found !== undefined) total += visit(found, within);
    }
    const place = places.get(name) ?? { name, self: 0, total: 0 };
    place.self += self;
    // If a function calls itself, only the outermost call counts.
    if (!above.has(name)) place.total += total;
    places.set(name, place);
    return total;
  };
  const [root] = nodes;
  const all = root === undefined ? 0 : visit(root, new Set());
  const thread = places.keys().some((name) => name.includes('src/observer/observer.ts')) ? 'observer' : 'relay';
  const idle = places.get(IDLE)?.self ?? 0;
  return {
    thread: `${thread} (${file})`,
    busy: all - idle,
    places: [...places.values()].filter(({ name }) => name !== IDLE && name !== '(root)'),
  };
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const short = url
    .replace(/^file:\/\//, '')
    .replace(/^.*\/node_modules\/|^.*\/(?=(src|dist)\/)/, '')
    .replace('@opentelemetry/', '@otel/');
  return `${name} ${short}:${lineNumber + 1}`;
}
