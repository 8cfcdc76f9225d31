import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onFreePorts } from '../ports.ts';
import { answers, start, type Running } from '../process.ts';
import { binary } from '../programs.ts';
import { scratch } from '../scratch.ts';
import { KubeClient, type KubeAddress } from './kube-client.ts';

/** Who may do everything. */
const TOKEN = 'a-token-of-the-tests';

export interface ControlPlane extends AsyncDisposable {
  readonly address: KubeAddress;
  readonly client: KubeClient;
  /** Its files; they go away with it. */
  readonly folder: string;
  /** A file that helm and the programs of a node read. */
  readonly kubeconfig: string;
}

export interface ControlPlaneOptions {
  /** Pods need a ServiceAccount, which a controller has to make. */
  readonly controllers?: boolean;
  readonly args?: readonly string[];
}

const startEtcd = (folder: string): Promise<Running & { readonly url: string }> =>
  onFreePorts(2, async (client = 0, peer = 0) => {
    const url = `http://127.0.0.1:${client}`;
    const running = await start({
      name: 'etcd',
      file: binary('etcd'),
      args: [
        `--data-dir=${join(folder, 'etcd')}`,
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        `--listen-peer-urls=http://127.0.0.1:${peer}`,
        `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
        `--initial-cluster=default=http://127.0.0.1:${peer}`,
        // What it holds goes away with the test.
        '--unsafe-no-fsync',
      ],
      ready: () => answers(`${url}/readyz`),
    });
    return { ...running, url };
  });

const startApiserver = (
  folder: string,
  etcd: string,
  { controllers = false, args = [] }: ControlPlaneOptions,
): Promise<Running & { readonly address: KubeAddress }> =>
  onFreePorts(1, async (port = 0) => {
    const url = `https://127.0.0.1:${port}`;
    const certificate = join(folder, 'apiserver.crt');
    const readClient = async (): Promise<KubeAddress> => ({
      url,
      ca: await readFile(certificate, 'utf8'),
      token: TOKEN,
    });
    const running = await start({
      name: 'kube-apiserver',
      file: binary('kube-apiserver'),
      args: [
        `--etcd-servers=${etcd}`,
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        '--endpoint-reconciler-type=none',
        `--secure-port=${port}`,
        // It makes a certificate there.
        `--cert-dir=${folder}`,
        `--token-auth-file=${join(folder, 'tokens.csv')}`,
        '--authorization-mode=AlwaysAllow',
        '--service-cluster-ip-range=10.96.0.0/16',
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${join(folder, 'service-account.pem')}`,
        `--service-account-signing-key-file=${join(folder, 'service-account.pem')}`,
        ...(controllers ? [] : ['--disable-admission-plugins=ServiceAccount']),
        ...args,
      ],
      ready: async () => {
        try {
          return (await new KubeClient(await readClient()).text('/readyz')) === 'ok';
        } catch {
          // Nobody listens yet, or there is no certificate yet.
          return false;
        }
      },
    });
    return { ...running, address: await readClient() };
  });

/** etcd and kube-apiserver on loopback. Everybody who has the token may do everything. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const disk = await scratch('kubernetes');
  const stack = new AsyncDisposableStack();
  stack.use(disk);
  try {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    await writeFile(join(disk.folder, 'service-account.pem'), pem);
    await writeFile(join(disk.folder, 'tokens.csv'), `${TOKEN},admin,admin,system:masters\n`);
    const etcd = stack.use(await startEtcd(disk.folder));
    const { address } = stack.use(await startApiserver(disk.folder, etcd.url, options));
    const kubeconfig = join(disk.folder, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigOf(address));
    const owned = stack.move();
    return {
      address,
      client: new KubeClient(address),
      folder: disk.folder,
      kubeconfig,
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** JSON is YAML. */
const kubeconfigOf = ({ url, ca, token }: KubeAddress): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      {
        name: 'test',
        cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
      },
    ],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  });
