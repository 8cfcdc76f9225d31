import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPlainServer } from '../../e2e/plain-server.ts';
import { speakTo } from '../../e2e/speaker.ts';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import { INSTALL_TIMEOUT } from '../clients/cached.ts';
import { startProgram } from './program.ts';
import { installNodes, NODES, type Node } from './nodes.ts';

const root = join(import.meta.dirname, '../../..');
// npm wrote the file.
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
  engines: { node: string };
};
const folder = mkdtempSync(join(tmpdir(), 'mcpspan-nodes-'));
let nodes: readonly Node[] = [];

beforeAll(async () => {
  nodes = await installNodes();
  execFileSync('npm', ['pack', '--pack-destination', folder], { cwd: root, stdio: 'ignore' });
}, INSTALL_TIMEOUT);
afterAll(() => rmSync(folder, { recursive: true }));

it('the oldest Node of these is the oldest that package.json allows', () => {
  expect(`>=${NODES[0]?.version}`).toBe(`${manifest.engines.node}.0`);
});

describe.each(NODES)('the package, installed with Node $version', ({ version }) => {
  const prefix = join(folder, version);
  let env: Record<string, string>;
  let mcpspan: string;

  beforeAll(() => {
    const node = nodes.find((one) => one.version === version);
    if (node === undefined) throw new Error(`Node ${version} was not installed`);
    env = { PATH: [node.folder, process.env['PATH']].join(delimiter), HOME: prefix };
    mkdirSync(prefix);
    const tarball = join(folder, `mcpspan-${manifest.version}.tgz`);
    const flags = ['--global', '--prefix', prefix, '--offline', '--engine-strict', '--no-audit', '--no-fund'];
    execFileSync('npm', ['install', ...flags, tarball], { env, cwd: prefix, stdio: ['ignore', 'ignore', 'inherit'] });
    mcpspan = join(prefix, 'bin/mcpspan');
  });

  const run = (...args: readonly string[]) => spawnSync(mcpspan, args, { env, encoding: 'utf8' });

  it('runs on it, and brings no other package', () => {
    expect(run('--version').stdout).toMatch(new RegExp(`^${manifest.version}\\n[^]*\\nNode v${version}, `));
    expect(existsSync(join(prefix, 'lib/node_modules/mcpspan/node_modules'))).toBe(false);
  });

  it('wraps a command', () => {
    const { status, stdout, stderr } = run('--store', 'off', '--', 'sh', '-c', 'echo ran; exit 7');
    expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: 'ran\n', stderr: '' });
  });

  it('plays the demo', () => {
    const { status, stdout } = run('demo', '--once', '--page', '127.0.0.1:0');
    expect(status).toBe(0);
    expect(stdout).toMatch(/chatgpt.*per-call/);
  });

  it('relays on two threads, exports, keeps a record, and reads it', async () => {
    await using upstream = await startPlainServer();
    await using receiver = await startOtlpReceiver();
    const store = join(prefix, 'store.db');
    const args = ['--upstream', upstream.url, '--listen', '127.0.0.1:0', '--threads', '2', '--store', store];
    await using proxy = startProgram(mcpspan, [...args, '--page', '127.0.0.1:0', '--name', 'quiz'], {
      ...env,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    });
    const speaker = speakTo(await proxy.line(/^ {2}clients {3}(\S+)$/m), { name: 'nodes', version: '1.0.0' });
    const page = await proxy.line(/^(?: {2}page {6}|mcpspan: the page is open now: )(http:\S+)$/m);
    await speaker.open();
    expect(await speaker.call('echo')).toBe(200);
    await speaker.end();
    expect((await fetch(page)).status).toBe(200);
    expect(await proxy.stop()).toBe(0);
    expect(receiver.spans.map(({ name }) => name)).toContain('tools/call echo');
    const { stdout, stderr } = run('clients', '--store', store, '--json');
    expect(stdout).toContain('"nodes"');
    expect(stderr).toBe('');
    // Nothing of Node complains: of what is experimental in it, for example.
    expect(proxy.stderr()).not.toMatch(/Warning|Error/);
  });
});
