import type { TestProject } from 'vitest/node';
import type { KubeAddress } from '../../stack/support/kubernetes/kube-client.ts';
import { NODE_FOLDER_VARIABLE } from './node-places.ts';
import { startNode } from './node.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly cluster: { readonly address: KubeAddress; readonly kubeconfig: string };
  }
}

/** One node for all tests; each file has namespaces of its own on it. */
export default async function beforeAll(project: TestProject): Promise<() => Promise<void>> {
  const folder = process.env[NODE_FOLDER_VARIABLE];
  // Outside, it would change the network and the mounts of this machine.
  if (folder === undefined) throw new Error('these tests need a node of their own: npm run test:kubernetes');
  const since = performance.now();
  const node = await startNode(folder);
  console.log(`a node of Kubernetes is ready (${Math.round((performance.now() - since) / 1_000)} s)`);
  project.provide('cluster', { address: node.cluster.address, kubeconfig: node.cluster.kubeconfig });
  return async () => node[Symbol.asyncDispose]();
}
