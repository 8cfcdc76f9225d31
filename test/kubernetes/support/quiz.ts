import type { KubeObject } from '../../stack/support/kubernetes/kube-client.ts';
import { IMAGES } from './node-places.ts';

const IMAGE = `${IMAGES.repository}:${IMAGES.tag}`;

/** How the server of the tests is started in the image of this node. */
export const QUIZ_COMMAND = ['node', '/app/servers/quiz-server.ts'];

const LIMITED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** The server, whose pods end some seconds after they are told to. */
export const quizDeployment = (name = 'quiz', replicas = 1): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'quiz',
            image: IMAGE,
            imagePullPolicy: 'Never',
            command: QUIZ_COMMAND,
            ports: [{ name: 'mcp', containerPort: 3000 }],
            readinessProbe: { tcpSocket: { port: 'mcp' }, periodSeconds: 1 },
            lifecycle: { preStop: { sleep: { seconds: 8 } } },
            securityContext: LIMITED,
          },
        ],
      },
    },
  },
});

export const quizService = (app = 'quiz'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'quiz' },
  spec: { selector: { app }, ports: [{ name: 'mcp', port: 3000, targetPort: 'mcp' }] },
});
