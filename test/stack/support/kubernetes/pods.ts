import { at } from '../../../deploy/yaml.ts';
import type { KubeObject } from './kube-client.ts';

/** A namespace whose pods must be as the Pod Security level *restricted* has it. */
export const restrictedNamespace = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name,
    labels: {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
    },
  },
});

/** A pod as a Deployment, or what else has a template, makes it. */
export const podOf = (workload: KubeObject): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `${workload.metadata.name}-pod`, labels: at(workload['spec'], 'template', 'metadata', 'labels') },
  spec: at(workload['spec'], 'template', 'spec'),
});
