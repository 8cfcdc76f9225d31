import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { at, text } from '../../deploy/yaml.ts';
import { eventually } from '../../stack/support/eventually.ts';
import { KubeClient, type KubeObject } from '../../stack/support/kubernetes/kube-client.ts';
import { helm, CHART, type Values } from '../../stack/support/kubernetes/helm.ts';
import { restrictedNamespace } from '../../stack/support/kubernetes/pods.ts';
import { IMAGES } from './node-places.ts';

/** A rollout takes drain delay and drain of each pod, on a busy machine. */
const ROLLOUT_SECONDS = 180;
const LOGS = '/var/log/pods';

interface DeploymentStatus {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly replicas: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly status: {
    readonly podIP?: string;
    readonly containerStatuses?: readonly {
      name: string;
      ready: boolean;
      restartCount: number;
      containerID?: string;
    }[];
  };
}

/** One namespace of the node, whose pods must be *restricted*. */
export class Cluster {
  readonly client = new KubeClient(inject('cluster').address);
  readonly namespace: string;

  private constructor(namespace: string) {
    this.namespace = namespace;
  }

  static async open(namespace: string): Promise<Cluster> {
    const cluster = new Cluster(namespace);
    await cluster.client.apply(restrictedNamespace(namespace));
    return cluster;
  }

  /** Pods go at once: nobody waits for their drain. */
  async close(): Promise<void> {
    for (const kind of ['Deployment', 'Pod']) {
      const apiVersion = kind === 'Pod' ? 'v1' : 'apps/v1';
      await this.client.delete(this.client.pathOf(apiVersion, kind, this.namespace), {
        gracePeriodSeconds: 0,
        propagationPolicy: 'Background',
      });
    }
    await this.client.delete(this.client.pathOf('v1', 'Namespace', '', this.namespace));
  }

  async apply(...objects: readonly KubeObject[]): Promise<void> {
    for (const object of objects) await this.client.apply(object, this.namespace);
  }

  /** `helm upgrade --install` of the shipped chart with the image of this node. @throws with what helm says */
  async install(values: Values, release = 'mcpspan'): Promise<void> {
    const { repository, tag } = IMAGES;
    const all = { image: { repository, tag, pullPolicy: 'Never' }, ...values };
    const args = ['upgrade', '--install', release, CHART, '--namespace', this.namespace];
    const answer = await helm(args, all, { KUBECONFIG: inject('cluster').kubeconfig });
    if (!answer.ok) throw new Error(`helm: ${answer.complaint}`);
  }

  /** Resolves once all pods of a Deployment are of its last version, and serve. @throws with what the pods say */
  async rolledOut(name: string): Promise<void> {
    const path = this.client.pathOf('apps/v1', 'Deployment', this.namespace, name);
    try {
      await eventually(
        `${name} is rolled out`,
        async () => {
          const found = await this.client.get<DeploymentStatus>(path);
          if (found === undefined) return undefined;
          const { metadata, spec, status } = found;
          const counts = [status.replicas, status.updatedReplicas, status.availableReplicas];
          const done =
            status.observedGeneration === metadata.generation && counts.every((count) => count === spec.replicas);
          return done || undefined;
        },
        ROLLOUT_SECONDS,
      );
    } catch (error) {
      throw new Error(`${name} is not rolled out:\n${await this.story()}`, { cause: error });
    }
  }

  /** Replaces all pods of a Deployment, as `kubectl rollout restart` does. */
  async restart(name: string): Promise<void> {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
    const path = this.client.pathOf('apps/v1', 'Deployment', this.namespace, name);
    await this.client.patch(path, { spec: { template: { metadata: { annotations } } } });
  }

  async pods(app: string): Promise<Pod[]> {
    const path = this.client.pathOf('v1', 'Pod', this.namespace);
    const query = `?labelSelector=${encodeURIComponent(app)}`;
    const list = await this.client.get<{ items: Pod[] }>(path + query);
    return list?.items ?? [];
  }

  /** Resolves once no pod is left that is on its way out. */
  async settled(app: string): Promise<void> {
    await eventually(
      `the old pods of ${app} are gone`,
      async () => (await this.pods(app)).every(({ metadata }) => metadata.deletionTimestamp === undefined) || undefined,
      ROLLOUT_SECONDS,
    );
  }

  /** Within the cluster, and on its node; not known to every node yet. */
  async urlOf(service: string, port: number): Promise<string> {
    const found = await this.client.get<KubeObject>(this.client.pathOf('v1', 'Service', this.namespace, service));
    return `http://${text(at(found?.['spec'], 'clusterIP'))}:${port}`;
  }

  /** Resolves once the node sends there what is for the Service. */
  async servedUrlOf(service: string, port: number): Promise<string> {
    const url = await this.urlOf(service, port);
    await eventually(`${url} is served`, async () => {
      const { status } = await fetch(url);
      return status;
    });
    return url;
  }

  /** What the containers of the namespace wrote, and what became of its pods. */
  async story(): Promise<string> {
    const lines: string[] = [];
    for (const { metadata, status } of await this.pods('')) {
      lines.push(`--- ${metadata.name}: ${JSON.stringify(status).slice(0, 2_000)}`);
      const folder = join(LOGS, `${this.namespace}_${metadata.name}_${metadata.uid}`);
      for (const file of await readdir(folder, { recursive: true }).catch(() => [])) {
        if (file.endsWith('.log')) lines.push((await readFile(join(folder, file), 'utf8')).slice(-2_000));
      }
    }
    return lines.join('\n');
  }
}

/** The pid of mcpspan in a pod, as the node sees it. */
export async function processIn(pod: Pod): Promise<number> {
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const read = (name: string): Promise<string> => readFile(join('/proc', entry, name), 'utf8').catch(() => '');
    const program = (await read('cmdline')).split('\0');
    if (!program.includes('/app/dist/mcpspan.cjs')) continue;
    if ((await read('environ')).split('\0').includes(`POD_NAME=${pod.metadata.name}`)) return Number(entry);
  }
  throw new Error(`no process of ${pod.metadata.name}`);
}
