import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { environment, finalStage } from '../../deploy/dockerfile.ts';
import { startControlPlane, type ControlPlane } from '../../stack/support/kubernetes/control-plane.ts';
import { eventually } from '../../stack/support/eventually.ts';
import { onFreePorts } from '../../stack/support/ports.ts';
import { answers, start, type Running } from '../../stack/support/process.ts';
import { binary } from '../../stack/support/programs.ts';
import { mcpspanImage, pauseImage } from './image.ts';
import { cgroupOf, CONTAINERD, IMAGES, NODE_ADDRESS } from './node-places.ts';

const run = promisify(execFile);
const NAME = 'node';
const PODS = '10.244.0.0/24';
/** A first start unpacks images, and the machine may be busy. */
const READY_WITHIN_SECONDS = 120;
/** The programs of a node find others by it: runc, iptables, the shim. */
const pathOf = (): string => [dirname(binary('containerd')), process.env['PATH'] ?? ''].join(':');

export interface KubeNode extends AsyncDisposable {
  readonly cluster: ControlPlane;
}

async function startContainerd(folder: string): Promise<Running> {
  const network = join(folder, 'network');
  await mkdir(network, { recursive: true });
  const plugin = {
    type: 'bridge',
    bridge: 'pods0',
    isGateway: true,
    ipMasq: true,
    hairpinMode: true,
    ipam: { type: 'host-local', ranges: [[{ subnet: PODS }]], routes: [{ dst: '0.0.0.0/0' }] },
  };
  const list = { cniVersion: '1.0.0', name: 'pods', plugins: [plugin] };
  await writeFile(join(network, '10-pods.conflist'), JSON.stringify(list));
  const config = join(folder, 'containerd.toml');
  await writeFile(
    config,
    `version = 3
root = '${join(folder, 'containerd')}'
state = '/run/containerd'
[grpc]
  address = '${CONTAINERD}'
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '${IMAGES.pause}'
[plugins.'io.containerd.cri.v1.runtime']
  # A container may not ask for more than its parent has.
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['${dirname(binary('bridge'))}']
    conf_dir = '${network}'
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = 'io.containerd.runc.v2'
`,
  );
  return start({
    name: 'containerd',
    file: binary('containerd'),
    args: ['--config', config],
    env: { PATH: pathOf() },
    ready: async () => {
      try {
        await run(binary('ctr'), ['--address', CONTAINERD, 'version']);
        return true;
      } catch {
        // It does not listen yet.
        return false;
      }
    },
  });
}

async function importImages(folder: string): Promise<void> {
  const variables = environment(finalStage('Dockerfile'));
  const servers = [join(import.meta.dirname, 'quiz-server.ts')];
  for (const archive of [
    await pauseImage(folder, IMAGES.pause, binary('pause')),
    await mcpspanImage(folder, `${IMAGES.repository}:${IMAGES.tag}`, variables, servers),
  ]) {
    await run(binary('ctr'), ['--address', CONTAINERD, '--namespace', 'k8s.io', 'images', 'import', archive]);
  }
}

async function startKubelet(folder: string, kubeconfig: string): Promise<Running> {
  const config = join(folder, 'kubelet.yaml');
  await writeFile(
    config,
    JSON.stringify({
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
      cgroupDriver: 'cgroupfs',
      cgroupRoot: `/${cgroupOf(folder)}`,
      failCgroupV1: false,
      failSwapOn: false,
      containerRuntimeEndpoint: `unix://${CONTAINERD}`,
      oomScoreAdj: 0,
      enforceNodeAllocatable: [],
      // The disk of the machine may be as full as it is.
      evictionHard: { 'memory.available': '0%', 'nodefs.available': '0%', 'imagefs.available': '0%' },
      imageGCHighThresholdPercent: 100,
      imageGCLowThresholdPercent: 99,
      resolvConf: '',
      // How soon a changed ConfigMap is in the pods.
      syncFrequency: '5s',
    }),
  );
  return start({
    name: 'kubelet',
    file: binary('kubelet'),
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--config=${config}`,
      `--hostname-override=${NAME}`,
      `--node-ip=${NODE_ADDRESS}`,
      `--cert-dir=${join(folder, 'kubelet')}`,
    ],
    env: { PATH: pathOf() },
    ready: () => answers('http://127.0.0.1:10248/healthz'),
  });
}

/** What needs a kubeconfig and a port, and tells there whether it is well. */
const startController = (
  name: string,
  scheme: 'http' | 'https',
  args: (port: number) => readonly string[],
): Promise<Running> =>
  onFreePorts(1, (port = 0) =>
    start({
      name,
      file: binary(name),
      args: args(port),
      env: { PATH: pathOf() },
      // Those with https make a certificate that nobody knows; whether they work is seen by what they do.
      ready: (log) =>
        scheme === 'http' ? answers(`http://127.0.0.1:${port}/livez`) : log.includes('Serving securely'),
    }),
  );

/** A node with everything that a Deployment behind a Service needs; no DNS, no metrics. */
export async function startNode(folder: string): Promise<KubeNode> {
  const stack = new AsyncDisposableStack();
  try {
    const cluster = stack.use(await startControlPlane({ controllers: true }));
    const { kubeconfig } = cluster;
    stack.use(await startContainerd(folder));
    await importImages(folder);
    const common = [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--bind-address=127.0.0.1'];
    stack.use(
      await startController('kube-controller-manager', 'https', (port) => [
        ...common,
        `--secure-port=${port}`,
        `--cert-dir=${join(folder, 'controllers')}`,
        `--service-account-private-key-file=${join(cluster.folder, 'service-account.pem')}`,
        `--root-ca-file=${join(cluster.folder, 'apiserver.crt')}`,
      ]),
    );
    stack.use(
      await startController('kube-scheduler', 'https', (port) => [
        ...common,
        `--secure-port=${port}`,
        `--cert-dir=${join(folder, 'scheduler')}`,
      ]),
    );
    stack.use(await startKubelet(folder, kubeconfig));
    stack.use(
      await startController('kube-proxy', 'http', (port) => [
        `--kubeconfig=${kubeconfig}`,
        `--hostname-override=${NAME}`,
        `--cluster-cidr=${PODS}`,
        '--proxy-mode=iptables',
        '--conntrack-max-per-core=0',
        `--healthz-bind-address=127.0.0.1:${port}`,
      ]),
    );
    await eventually(
      'the node is ready',
      async () => {
        const node = await cluster.client.get<Conditions>(cluster.client.pathOf('v1', 'Node', '', NAME));
        return node?.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True') || undefined;
      },
      READY_WITHIN_SECONDS,
    );
    const owned = stack.move();
    return { cluster, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

interface Conditions {
  readonly status: { readonly conditions: readonly { type: string; status: string }[] };
}
