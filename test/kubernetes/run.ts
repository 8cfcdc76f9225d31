// `npm run test:kubernetes` runs the tests on a real node. The node is a machine of its own for network, mounts and
// processes: it leaves nothing behind, and does not meet what else runs here.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary } from '../stack/support/programs.ts';
import { CGROUPS, cgroupOf, NODE_ADDRESS, NODE_FOLDER_VARIABLE } from './support/node-places.ts';

const root = join(import.meta.dirname, '../..');
const NEEDED = ['unshare', 'mount', 'ip', 'iptables', 'runc'];
const BUILT = ['helm', 'etcd', 'kube-apiserver', 'kubelet', 'kube-proxy', 'containerd', 'ctr', 'pause', 'bridge'];
/** Folders whose paths kubelet, containerd and the network plugins have built in. */
const OWN_FOLDERS = ['/var/lib/kubelet', '/var/lib/cni', '/var/log/pods', '/var/log/containers'];

/** Why the tests cannot run here, with the cure; undefined when they can. */
function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'a node of Kubernetes needs Linux';
  if (process.getuid?.() !== 0) return 'a node of Kubernetes needs root';
  const missing = NEEDED.filter((name) => spawnSync('which', [name]).status !== 0);
  if (missing.length > 0) return `${missing.join(', ')} missing: apt-get install runc iptables iproute2 util-linux`;
  try {
    BUILT.forEach(binary);
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)} (npm run kubernetes:build)`;
  }
  const namespaces = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', '--mount-proc', 'true']);
  return namespaces.status === 0 ? undefined : 'this machine allows no namespaces of its own (unshare)';
}

/** Each hierarchy of version 1, or the one of version 2. */
const hierarchies = (): string[] =>
  existsSync(join(CGROUPS, 'cgroup.controllers'))
    ? [CGROUPS]
    : readdirSync(CGROUPS, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => join(CGROUPS, name));

function removeCgroups(name: string): void {
  for (const folder of hierarchies()) {
    // The innermost first: a group with groups in it cannot go.
    for (const group of globSync(`${folder}/${name}{,/**/}`).toSorted().toReversed()) rmdirSync(group);
  }
}

function outside(args: readonly string[]): number {
  const reason = obstacle();
  if (reason !== undefined) {
    process.stderr.write(`No test on a node of Kubernetes: ${reason}.\n`);
    return process.env['MCPSPAN_TEST_KUBERNETES'] === 'required' ? 1 : 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'mcpspan-node-'));
  try {
    for (const hierarchy of hierarchies()) mkdirSync(join(hierarchy, cgroupOf(folder)), { recursive: true });
    // Whatever is left of the node ends with its first process.
    const namespaces = ['--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc'];
    const again = [process.execPath, import.meta.filename, '--inside', ...args];
    const { status } = spawnSync('unshare', [...namespaces, '--', ...again], {
      stdio: 'inherit',
      env: { ...process.env, [NODE_FOLDER_VARIABLE]: folder },
    });
    return status ?? 1;
  } finally {
    removeCgroups(cgroupOf(folder));
    rmSync(folder, { recursive: true, force: true });
  }
}

function inside(folder: string, args: readonly string[]): number {
  const sh = (file: string, ...words: string[]): void => void execFileSync(file, words, { stdio: 'inherit' });
  // Mounts for pods spread to the containers, not to the machine.
  sh('mount', '--make-rshared', '/');
  sh('mount', '-t', 'tmpfs', 'tmpfs', '/run');
  for (const place of OWN_FOLDERS) {
    const own = join(folder, place);
    mkdirSync(own, { recursive: true });
    mkdirSync(place, { recursive: true });
    sh('mount', '--bind', own, place);
  }
  sh('ip', 'link', 'set', 'lo', 'up');
  sh('ip', 'link', 'add', 'node0', 'type', 'bridge');
  sh('ip', 'address', 'add', `${NODE_ADDRESS}/24`, 'dev', 'node0');
  sh('ip', 'link', 'set', 'node0', 'up');
  sh('ip', 'route', 'add', 'default', 'dev', 'node0');
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const config = ['run', '--config', 'vitest.kubernetes.config.ts'];
  const { status } = spawnSync(process.execPath, [vitest, ...config, ...args], { cwd: root, stdio: 'inherit' });
  return status ?? 1;
}

const [first, ...rest] = process.argv.slice(2);
const folder = process.env[NODE_FOLDER_VARIABLE];
process.exitCode = first === '--inside' && folder !== undefined ? inside(folder, rest) : outside(process.argv.slice(2));
