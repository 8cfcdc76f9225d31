import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BillOfMaterials } from '../scripts/bill-of-materials.ts';
import { startAssistant } from './commands/mcp/assistant-rig.ts';
import { runScript } from './e2e/cli.ts';
import { startPlainServer } from './e2e/plain-server.ts';
import { speakTo } from './e2e/speaker.ts';
import { listen } from './support/listen.ts';
import { loadedBeforeSpawn } from './support/loaded-before-spawn.ts';
import { oldNode } from './support/old-node.ts';
import { COMMAND_HELP } from '../src/settings/command-help.ts';

const root = join(import.meta.dirname, '..');

interface LockedPackage {
  resolved?: string;
  dev?: boolean;
  optionalDependencies?: Record<string, string>;
}

// npm writes both files; it documents their shapes.
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string } & Record<
  string,
  unknown
>;
const locked = Object.entries(
  (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, LockedPackage> })
    .packages,
);

describe('package-lock.json', () => {
  it('names versions and hashes, not the registry they came from', () => {
    expect(locked.filter(([, { resolved }]) => resolved !== undefined).map(([place]) => place)).toEqual([]);
  });

  it('is complete: without the packages for other platforms npm ci refuses it (cure: node scripts/complete-lock.ts)', () => {
    const places = new Set(locked.map(([place]) => place));
    const wanted = locked.flatMap(([place, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {}).map((name) => ({ name, nested: `${place}/node_modules/${name}` })),
    );
    expect(wanted).not.toEqual([]);
    expect(wanted.filter(({ name, nested }) => !places.has(`node_modules/${name}`) && !places.has(nested))).toEqual([]);
  });
});

/** People run it with npx, which stores all of it. */
const MAX_INSTALLED_BYTES = 8_000_000;

/** An OTLP endpoint that takes all, and tells what it was asked: the paths of the requests. */
async function startEndpoint(protocol: string) {
  const paths = new Set<string>();
  let changed = Promise.withResolvers<void>();
  const arrived = (path = ''): void => {
    paths.add(path);
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const server =
    protocol === 'grpc'
      ? createHttp2Server((request, response) => {
          arrived(request.url);
          response.writeHead(200, { 'content-type': 'application/grpc' });
          // An empty message, uncompressed.
          response.write(Buffer.alloc(5));
          response.addTrailers({ 'grpc-status': '0' });
          response.end();
        })
      : createServer((request, response) => {
          arrived(request.url);
          response.end();
        });
  const { url, close } = await listen(server);
  return {
    url,
    async until(expected: readonly string[]): Promise<void> {
      while (!expected.every((path) => paths.has(path))) await changed.promise;
    },
    [Symbol.asyncDispose]: close,
  };
}

/** What README.md links to besides docs/. */
const DOCUMENTS = ['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md'];
const HTTP_PATHS = ['/v1/traces', '/v1/metrics', '/v1/logs'];
const GRPC_PATHS = ['trace.v1.TraceService', 'metrics.v1.MetricsService', 'logs.v1.LogsService'].map(
  (service) => `/opentelemetry.proto.collector.${service}/Export`,
);

describe('the package', () => {
  let folder: string;
  let packed: string[];

  const run = (...args: string[]) =>
    execFileSync(join(folder, 'package/dist/mcpspan.cjs'), args, { encoding: 'utf8', cwd: folder });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpspan-package-'));
    const source = join(folder, 'source');
    mkdirSync(source);
    for (const file of ['package.json', 'README.md', 'LICENSE', ...DOCUMENTS, 'docs', 'bench'])
      cpSync(join(root, file), join(source, file), { recursive: true });
    execFileSync(process.execPath, [join(root, 'scripts/build.ts'), join(source, 'dist')]);
    execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
      cwd: source,
      stdio: 'ignore',
      // Nobody is asked for anything: it works where there is no network.
      env: { ...process.env, npm_config_offline: 'true', npm_config_update_notifier: 'false' },
    });
    const tarball = join(folder, `mcpspan-${manifest.version}.tgz`);
    execFileSync('tar', ['xzf', tarball, '-C', folder]);
    packed = execFileSync('tar', ['tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is installed with few packages and little to store', () => {
    const needed = ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundledDependencies'];
    expect(needed.filter((kind) => kind in manifest)).toEqual([]);
    // Then npm installs nothing but the package itself.
    expect(locked.filter(([place, { dev }]) => place !== '' && dev !== true)).toEqual([]);
    const sizes = packed.filter((file) => !file.endsWith('/')).map((file) => statSync(join(folder, file)).size);
    expect(sizes.reduce((total, size) => total + size, 0)).toBeLessThan(MAX_INSTALLED_BYTES);
  });

  it('names the licence of each package whose code it contains', () => {
    const dist = join(folder, 'package/dist');
    // The build leaves a comment with the path before each module.
    const bundled = globSync('**/*.js', { cwd: dist }).flatMap((file) =>
      [
        ...readFileSync(join(dist, file), 'utf8').matchAll(/^\/\/ .*node_modules\/((?:@[^/]+\/)?[^/]+)\/.*\.[cm]?js/gm),
      ].map(([, name = '']) => name),
    );
    expect(bundled).toEqual(expect.arrayContaining(['@grpc/grpc-js', '@opentelemetry/sdk-metrics', 'undici']));
    const licences = readFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of new Set([...bundled, 'uplot']))
      expect(
        licences.split('\n').filter((line) => line.startsWith(`${name} `)),
        name,
      ).toHaveLength(1);
    for (const text of ['Apache License', 'MIT License', 'Redistribution and use in source and binary forms'])
      expect(licences).toContain(text);
  });

  it('lists the packages whose code it contains in a bill of materials, with their hashes', () => {
    const dist = join(folder, 'package/dist');
    const named = [
      ...readFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), 'utf8').matchAll(/^(\S+) (\d\S*) \((.+)\)$/gm),
    ].map(([, name, version]) => `${name} ${version}`);
    // Our own build wrote it.
    const bill = JSON.parse(readFileSync(join(dist, 'sbom.cdx.json'), 'utf8')) as BillOfMaterials;
    expect(bill).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      metadata: { component: { name: 'mcpspan', version: manifest.version } },
    });
    expect(bill.components.map(({ name, version }) => `${name} ${version}`).toSorted()).toEqual(named.toSorted());
    expect(named.length).toBeGreaterThan(20);
    const grpc = bill.components.find(({ name }) => name === '@grpc/grpc-js');
    expect(grpc).toMatchObject({
      purl: expect.stringMatching(/^pkg:npm\/%40grpc\/grpc-js@\d/),
      licenses: [{ license: { id: 'Apache-2.0' } }],
    });
    for (const { name, hashes } of bill.components) expect(hashes?.[0]?.content, name).toMatch(/^[0-9a-f]{128}$/);
    expect(bill.dependencies[0]?.dependsOn).toEqual(bill.components.map((one) => one['bom-ref']));
  });

  it('starts a wrapped command with three of its files loaded, and little of Node', () => {
    const dist = join(folder, 'package/dist');
    const { files, builtins } = loadedBeforeSpawn(join(dist, 'mcpspan.cjs'), ['--', 'true'], dist);
    expect(files).toEqual(['mcpspan.cjs', 'cli.js', 'cli-start.js']);
    const names = builtins.map((name) => name.replace(/^NativeModule /, ''));
    for (const heavy of ['crypto', 'http', 'https', 'sqlite', 'worker_threads', 'fs/promises', 'internal/fs/promises'])
      expect(names).not.toContain(heavy);
  });

  it.each([
    { protocol: 'grpc', paths: GRPC_PATHS },
    { protocol: 'http/json', paths: HTTP_PATHS },
    { protocol: 'http/protobuf', paths: HTTP_PATHS },
  ])('exports over $protocol, with nothing else installed', async ({ protocol, paths }) => {
    await using upstream = await startPlainServer();
    await using endpoint = await startEndpoint(protocol);
    const args = ['--upstream', upstream.url, '--listen', '127.0.0.1:0', '--page', 'off', '--store', 'off'];
    await using cli = runScript(join(folder, 'package/dist/mcpspan.cjs'), args, {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_BLRP_SCHEDULE_DELAY: '50',
      OTEL_METRIC_EXPORT_INTERVAL: '200',
    });
    const line = /^ {2}clients {3}(\S+)$/m;
    await cli.untilSaid((stderr) => line.test(stderr));
    await speakTo(line.exec(cli.stderr())?.[1] ?? '', { name: 'package', version: '1.0.0' }).open();
    await endpoint.until(paths);
  });

  it.each(['player', 'profiles', 'server'])('has the part of the simulator that deploy/ imports: %s', async (name) => {
    expect(readFileSync(join(root, 'deploy/simulator.js'), 'utf8')).toContain(`'../dist/simulator/${name}.js'`);
    const built: object = await import(join(folder, `package/dist/simulator/${name}.js`));
    const source: object = await import(join(root, `src/simulator/${name}.ts`));
    expect(Object.keys(built)).toEqual(Object.keys(source));
  });

  it.runIf(oldNode() !== undefined)('runs a wrapped command on a Node that is too old for it', () => {
    const args = [join(folder, 'package/dist/mcpspan.cjs'), '--name', 'x', '--', 'echo', 'ran'];
    const { status, stdout, stderr } = spawnSync(oldNode() ?? '', args, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'ran\n' });
    expect(stderr).toMatch(/^mcpspan: Node .* is too old.*\n$/);
  });

  it('names where it comes from', () => {
    const repository = 'https://github.com/mcpspan/mcpspan';
    expect(manifest).toMatchObject({
      repository: { type: 'git', url: `git+${repository}.git` },
      homepage: expect.stringContaining(repository),
      bugs: { url: `${repository}/issues` },
    });
  });

  it('holds the documents that README.md and the help name', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const linked = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
    const help = Object.keys(COMMAND_HELP).map((topic) => run('help', topic));
    const named = [...help.join('').matchAll(/\b(docs\/[\w/-]+\.md)\b/g)].map(([, file = '']) => file);
    expect(linked).not.toEqual([]);
    expect(named).not.toEqual([]);
    expect([...linked, ...named].filter((file) => !existsSync(join(folder, 'package', file)))).toEqual([]);
  });

  it('holds built JavaScript and no sources, tests or tools', () => {
    const texts = ['LICENSE', 'README.md', 'bench/README.md', 'package.json', ...DOCUMENTS].map(
      (file) => `package/${file}`,
    );
    expect(packed.filter((file) => !/^package\/(dist|docs)\//.test(file)).toSorted()).toEqual(texts.toSorted());
    expect(packed.filter((file) => file.startsWith('package/docs/') && !/\.(md|png|svg)$/.test(file))).toEqual([]);
    expect(packed.filter((file) => /\.(ts|map)$/.test(file))).toEqual([]);
  });

  it('runs as a command and knows its version', () => {
    const lines = run('--version').split('\n');
    expect(lines).toEqual([
      manifest.version,
      expect.stringMatching(/^commit [0-9a-f]{40} of \d{4}-\d\d-\d\d(, with changes)?$|^built outside a checkout/),
      `Node ${process.version}, ${process.platform} ${process.arch}`,
      '',
    ]);
    expect(JSON.parse(run('--version', '--json'))).toMatchObject({ version: manifest.version, source: false });
  });

  it('relays and observes from its built files, with nothing else installed', () => {
    expect(run('demo', '--once')).toMatch(/chatgpt.*per-call/);
  });

  it('answers an assistant from its built files', async () => {
    await using assistant = await startAssistant(join(folder, 'none.db'), [
      process.execPath,
      join(folder, 'package/dist/cli.js'),
      'mcp',
      '--store',
      join(folder, 'none.db'),
    ]);
    expect((await assistant.ask('findings')).text).toContain('is not there yet; run mcpspan first');
  });

  it('serves its page, every module of it and the library that draws', async () => {
    const store = join(folder, 'store.db');
    const child = spawn(join(folder, 'package/dist/mcpspan.cjs'), ['page', '--page', '127.0.0.1:0', '--store', store]);
    const page = await new Promise<string>((resolve) => {
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const url = /^ {2}page {6}(\S+)$/m.exec(said)?.[1];
        if (url !== undefined) resolve(url);
      });
    });
    const seen = new Set<string>();
    const visit = async (path: string): Promise<void> => {
      if (seen.has(path)) return;
      seen.add(path);
      const response = await fetch(page + path);
      expect(response.status, path).toBe(200);
      for (const [, to = ''] of (await response.text()).matchAll(/^(?:import|} from)[^;]*?'([^']+)';/gm))
        await visit(new URL(to, page + path).pathname);
    };
    await visit('/viewer/page/main.js');
    expect(seen).toContain('/uplot.js');
    expect(seen).toContain('/reading/figures.js');
    for (const path of ['/', '/uplot.css', '/viewer/page/page.css', '/viewer/page/icon.svg']) await visit(path);
    child.kill();
  });
});
