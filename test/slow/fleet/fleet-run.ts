import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { settled, usageOf } from '../../../bench/usage.ts';
import { playFleet, type Played } from './fleet-clients.ts';
import { startFleetServer } from './fleet-server.ts';
import { exportedIn, startFleetSink, type Exported } from './fleet-sink.ts';

const root = join(import.meta.dirname, '../../..');
const MEGABYTE_BYTES = 1_048_576;
const EXPORT_INTERVAL_MS = 10_000;

export interface FleetSize {
  servers: number;
  /** Of each server. */
  tools: number;
  sessions: number;
  callsInSession: number;
}

/** What became of one mcpspan before many servers. */
export interface FleetFigures {
  played: Played;
  seconds: number;
  /** Resident memory, in MB: before the first request, after the last, and the most that it was. */
  residentMb: { before: number; after: number; most: number };
  /** The heap of the observer after a collection, in MB: the most, and at the end. */
  heapMb: { most: number; end: number };
  storeMb: number;
  spans: number;
  exported: Exported;
  /** What the process counts of itself. */
  self: Readonly<Record<string, number>>;
  /** By question. */
  page: Readonly<Record<string, Answered>>;
}

interface Answered {
  /** Until the answer was there. */
  ms: number;
  /** Processor time of mcpspan meanwhile. */
  cpuMs: number;
  bytes: number;
}

const QUESTIONS = [
  'about',
  'now?seconds=3600',
  'clients?seconds=3600',
  'sessions?seconds=3600',
  'tools?seconds=3600',
  'calls?seconds=3600&limit=1000',
  'errors?seconds=3600',
  'connect?seconds=3600',
  'health',
  'now?seconds=3600&server=s7',
] as const;

/** Plays a fleet through mcpspan as it is installed, with a record, a page and all signals. */
export async function runFleet({ servers, tools, sessions, callsInSession }: FleetSize): Promise<FleetFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'mcpspan-fleet-'));
  try {
    cpSync(join(root, 'package.json'), join(folder, 'package.json'));
    execFileSync(process.execPath, [join(root, 'scripts/build.ts'), join(folder, 'dist')], { cwd: root });
    await using upstream = await startFleetServer(tools);
    await using sink = await startFleetSink();
    const names = Array.from({ length: servers }, (_, server) => `s${server}`);
    const config = join(folder, 'fleet.yaml');
    const store = join(folder, 'store.db');
    const listed = names.map(
      (name) => `  - { name: ${name}, path: /${name}, upstream: '${upstream.url}/${name}/mcp' }`,
    );
    const options = ['listen: 127.0.0.1:0', 'page: 127.0.0.1:0', `store: ${store}`, 'drain-seconds: 0'];
    writeFileSync(config, [...options, 'servers:', ...listed, ''].join('\n'));

    const proxy = spawn(process.execPath, ['--trace-gc', join(folder, 'dist/mcpspan.cjs'), '--config', config], {
      env: {
        PATH: process.env['PATH'],
        OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
        OTEL_METRIC_EXPORT_INTERVAL: String(EXPORT_INTERVAL_MS),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(proxy, 'close');
    let [collections, said] = ['', ''];
    proxy.stdout.setEncoding('utf8').on('data', (text: string) => (collections += text));
    proxy.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    try {
      const address = (pattern: RegExp): string => pattern.exec(said)?.[1] ?? '';
      while (!/^ {2}logs {6}\S/m.test(said) || address(/page\D+?(http:\S+)/) === '') {
        if (proxy.exitCode !== null) throw new Error(`it did not start:\n${said}`);
        await delay(50);
      }
      const page = address(/page\D+?(http:\S+)/).replace(/\/$/, '');
      const urls = names.map((name) => address(new RegExp(`^ {2}${name} +(http:\\S+)`, 'm')));
      const { pid = 0 } = proxy;
      await settled(pid);
      const before = resident(pid, 'VmRSS');
      const from = performance.now();
      const played = await playFleet({ urls, tools, sessions, callsInSession, pause: () => settled(pid) });
      const seconds = (performance.now() - from) / 1_000;
      const exported = exportedIn(await sink.nextMetrics());
      const spans = sink.spans();
      await settled(pid);

      const asked: Record<string, Answered> = {};
      let self: Readonly<Record<string, number>> = {};
      for (const question of QUESTIONS) {
        const [asking, used] = [performance.now(), usageOf(pid).process];
        const answer = await fetch(`${page}/api/${question}`);
        const text = await answer.text();
        const cpuMs = Math.round((usageOf(pid).process - used) / 1_000);
        asked[question] = { ms: Math.round(performance.now() - asking), cpuMs, bytes: text.length };
        // The shape of `About`.
        if (question === 'about')
          self = (JSON.parse(text) as { running: [{ figures: typeof self }] }).running[0].figures;
      }
      return {
        played,
        seconds: Math.round(seconds),
        residentMb: { before, after: resident(pid, 'VmRSS'), most: resident(pid, 'VmHWM') },
        heapMb: heapOf(collections),
        storeMb: Math.round(storeBytes(store) / MEGABYTE_BYTES),
        spans,
        exported,
        self,
        page: asked,
      };
    } finally {
      proxy.kill('SIGTERM');
      await ended;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** With what is not yet in its main file. */
const storeBytes = (path: string): number =>
  [path, `${path}-wal`].reduce((sum, each) => sum + (statSync(each, { throwIfNoEntry: false })?.size ?? 0), 0);

const resident = (pid: number, what: 'VmRSS' | 'VmHWM'): number =>
  Math.round(
    Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1_024,
  );

/** Reads V8's lines of full collections. The observer has the largest heap of all threads. */
function heapOf(collections: string): FleetFigures['heapMb'] {
  const after = new Map<string, number[]>();
  for (const [, thread = '', megabytes] of collections.matchAll(/^\[\d+:(\w+)[^\n]*Mark-Compact[^\n]*-> ([\d.]+) \(/gm))
    after.set(thread, [...(after.get(thread) ?? []), Math.round(Number(megabytes))]);
  const heaps = [...after.values()].map((sizes) => ({ most: Math.max(...sizes), end: sizes.at(-1) ?? 0 }));
  return heaps.toSorted((a, b) => b.most - a.most)[0] ?? { most: 0, end: 0 };
}
