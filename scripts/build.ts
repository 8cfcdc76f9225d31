// `node scripts/build.ts [FOLDER]` builds the package's code into FOLDER or dist/.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { rolldown, type ChunkingContext, type Plugin } from 'rolldown';
import { billOfMaterials } from './bill-of-materials.ts';
import { buildOf } from './build-commit.ts';
import { licencesOf, packageOf, packagesOf } from './third-party-licences.ts';

const root = join(import.meta.dirname, '..');
// npm wrote the file.
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  devDependencies: Record<string, string>;
  engines: { node: string };
};
const oldestNode = manifest.engines.node.replace('>=', '');
const target = resolve(process.argv[2] ?? join(root, 'dist'));

/**
 * What Node runs: the command, and each thread. They share no code in memory, so each has a bundle of its own, without
 * what only another needs. It is named for its first entry.
 */
const BUNDLES: readonly Readonly<Record<string, string>>[] = [
  {
    cli: 'src/cli.ts',
    // deploy/simulator.js imports these.
    'simulator/player': 'src/simulator/player.ts',
    'simulator/profiles': 'src/simulator/profiles.ts',
    'simulator/server': 'src/simulator/server.ts',
  },
  { observer: 'src/observer/observer.ts' },
  { 'relay-thread': 'src/transport/http/relay-thread.ts' },
  { 'reader-thread': 'src/viewer/reader-thread.ts' },
];
/** The page, and the modules that it shares with the commands and the relay: a browser gets them one by one. */
const PAGE_MODULES = ['viewer/page', 'reading', 'transport/tls/tls-fault.js', 'transport/upstream-fault.js'];
const PAGE_FILES = ['index.html', 'page.css', 'icon.svg'];
const LIBRARY_FILES = ['uPlot.esm.js', 'uPlot.min.css'];

/** It alone needs the MCP SDK. */
const ASSISTANT = 'src/commands/mcp/mcp.ts';

/** The packages that we import. What they bring themselves is gRPC's, the MCP SDK's, or named below. */
const DEPENDENCIES = new Set(Object.keys(manifest.devDependencies));

/**
 * Chooses a file for each module: one for all that the entry needs at its start. The rest is in parts, which are loaded
 * when they are used.
 */
function partOf(entry: string): (module: string, context: ChunkingContext) => string | null {
  let atStart: Set<string> | undefined;
  let ofAssistant: Set<string> | undefined;
  return (module, context) => {
    atStart ??= importedBy(join(root, entry), context);
    if (atStart.has(module)) return 'start';
    const dependency = packageOf(module);
    if (dependency === undefined) return null;
    if (dependency === 'eslint-visitor-keys') return 'toml-eslint-parser';
    ofAssistant ??= importedBy(join(root, ASSISTANT), context);
    if (ofAssistant.has(module)) return 'mcp-sdk';
    if (/grpc/.test(dependency) || !DEPENDENCIES.has(dependency)) return 'grpc';
    return dependency.startsWith('@opentelemetry/') ? 'opentelemetry' : dependency;
  };
}

/**
 * What a module imports, directly or not, without what it loads later and without itself: an entry waits for parts that
 * it loads, and a part that imported the entry's file would wait for the entry.
 */
function importedBy(entry: string, context: ChunkingContext): Set<string> {
  const found = new Set(context.getModuleInfo(entry)?.importedIds);
  for (const module of found)
    for (const imported of context.getModuleInfo(module)?.importedIds ?? []) found.add(imported);
  return found;
}

const REQUIRED = /\b__require\d*\("([^"]+)"\)/g;
const isBuiltin = (module: string): boolean => module.startsWith('node:') || builtinModules.includes(module);

/** Imports what an ES module requires at run time, as the gRPC exporters do: a package is not there at run time. */
const importedRequires: Plugin = {
  name: 'imported-requires',
  transform(code, id) {
    const required = [...new Set([...code.matchAll(REQUIRED)].map(([, module = '']) => module))];
    const packages = required.filter((module) => id.endsWith('.mjs') && !isBuiltin(module));
    if (packages.length === 0) return null;
    const imports = packages.map((module, index) => `import * as required${index} from "${module}";`);
    const plain = code.replaceAll(REQUIRED, (whole, module: string) =>
      packages.includes(module) ? `required${packages.indexOf(module)}` : whole,
    );
    return { code: `${imports.join('\n')}\n${plain}`, map: null };
  },
};

/**
 * Takes modules of Node from the process. An `import` of one reads each of its exports, and those that Node loads when
 * they are read cost 5 ms at each start: `node:fs` loads promises, streams and watchers, `node:util` a text decoder.
 */
const plainBuiltins: Plugin = {
  name: 'plain-builtins',
  renderChunk(code) {
    const plain = code.replaceAll(/^import (.+) from "([^"./][^"]*)";$/gm, (whole, names: string, module: string) => {
      if (!isBuiltin(module)) return whole;
      const bindings = names.replace(/^\* as /, '').replaceAll(' as ', ': ');
      // A package may import `process` itself, under this name.
      return `const ${bindings} = globalThis.process.getBuiltinModule("${module}");`;
    });
    const required = [...plain.matchAll(REQUIRED)].map(([, module = '']) => module);
    const left = /^import .* from "[^.].*$/m.exec(plain)?.[0] ?? required.find((module) => !isBuiltin(module));
    if (left !== undefined) throw new Error(`not in the bundle: ${left}`);
    return plain;
  },
};

/** Writes a bundle. Resolves with the modules in it. */
async function bundle(input: Readonly<Record<string, string>>): Promise<string[]> {
  const [[name, entry] = ['', '']] = Object.entries(input);
  const build = await rolldown({
    cwd: root,
    input: { ...input },
    platform: 'node',
    // Its other build, which Node needs from source, loads its parts in a way that cannot be bundled.
    resolve: { alias: { 'jsonc-parser': join(root, 'node_modules/jsonc-parser/lib/esm/main.js') } },
    // Node 22 has no `using`.
    transform: { target: `node${oldestNode}` },
    preserveEntrySignatures: 'allow-extension',
    plugins: [importedRequires, plainBuiltins],
  });
  const { output } = await build.write({
    dir: target,
    // Names and lines stay as they are, for stack traces.
    comments: false,
    // V8 stores a text with one wider character in two bytes each.
    charset: 'ascii',
    entryFileNames: '[name].js',
    chunkFileNames: `${name}-[name].js`,
    codeSplitting: { groups: [{ name: partOf(entry), debugName: 'parts' }], includeDependenciesRecursively: false },
  });
  await build.close();
  return output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
}

/** The page, whose modules a browser loads by the paths of the source tree. */
function buildPage(): void {
  const all = join(target, 'with-all-that-has-its-types');
  // It runs in a browser, so it needs a browser's types.
  const options = ['--noEmit', 'false', '--noEmitOnError', '--rootDir', join(root, 'src'), '--outDir', all];
  const tsc = spawnSync('tsc', ['-p', join(root, 'src/viewer/page/tsconfig.json'), ...options], {
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}` },
    stdio: 'inherit',
  });
  if (tsc.error !== undefined) throw tsc.error;
  if (tsc.status !== 0) process.exit(1);
  for (const path of PAGE_MODULES) cpSync(join(all, path), join(target, path), { recursive: true });
  rmSync(all, { recursive: true });
  for (const file of PAGE_FILES) cpSync(join(root, 'src/viewer/page', file), join(target, 'viewer/page', file));
  mkdirSync(join(target, 'uplot'));
  for (const file of LIBRARY_FILES) cpSync(join(root, 'node_modules/uplot/dist', file), join(target, 'uplot', file));
}

rmSync(target, { recursive: true, force: true });
const modules = [join(root, 'node_modules/uplot/dist/uPlot.esm.js')];
for (const input of BUNDLES) modules.push(...(await bundle(input)));
buildPage();
const packages = packagesOf(modules);
writeFileSync(join(target, 'THIRD-PARTY-LICENSES.txt'), licencesOf(packages));
writeFileSync(join(target, 'sbom.cdx.json'), `${JSON.stringify(billOfMaterials(root, packages), null, 2)}\n`);
writeFileSync(join(target, 'build.json'), `${JSON.stringify(buildOf(root, process.env))}\n`);
// What is installed as a command. It runs on old versions of Node too, so it stays as it is written.
cpSync(join(root, 'src/mcpspan.cjs'), join(target, 'mcpspan.cjs'));
for (const command of ['mcpspan.cjs', 'cli.js']) chmodSync(join(target, command), 0o755);
