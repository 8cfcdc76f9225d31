import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { at, items } from '../deploy/yaml.ts';
import { startControlPlane, type ControlPlane } from './support/kubernetes/control-plane.ts';
import { CHART, helm, objectsIn, rendered, type Values } from './support/kubernetes/helm.ts';
import { podOf, restrictedNamespace } from './support/kubernetes/pods.ts';
import { binary } from './support/programs.ts';
import { scratch } from './support/scratch.ts';
import { shipped } from './support/shipped.ts';
import type { KubeObject } from './support/kubernetes/kube-client.ts';

const RULES = shipped('grafana/alerts/mcpspan.rules.yml');
const NAMESPACE = 'mcp';
const ONE = { servers: [{ name: 'quiz', upstream: 'http://quiz:3000/mcp' }] };
const SEVERAL = [
  { name: 'quiz', upstream: 'http://quiz:3000/mcp', path: '/quiz', capture: ['errors'] },
  { name: 'shop', upstream: 'https://shop:3000/mcp', listen: '0.0.0.0:4110', 'upstream-ca': '/etc/ca/ca.pem' },
  { name: 'cellar', upstream: 'https://cellar:3000/mcp', listen: '0.0.0.0:4110', path: '/cellar' },
  { name: 'books', upstream: 'https://books:3000/mcp', host: 'books.example.com' },
];

/** What may be chosen, each by itself. */
const FEATURES: Readonly<Record<string, Values>> = {
  'several servers': { servers: SEVERAL },
  'options for all': { config: { 'hash-ids': true, tools: ['add', 'move'], 'idle-seconds': 60 } },
  'a page with a record': { config: { page: '127.0.0.1:4101', store: '/var/lib/mcpspan/store.db' } },
  'a longer drain': { config: { 'drain-delay': 10, 'drain-seconds': 120 } },
  TLS: {
    config: { 'tls-cert': '/etc/tls/tls.crt', 'tls-key': '/etc/tls/tls.key' },
    volumes: [{ name: 'tls', secret: { secretName: 'tls' } }],
    volumeMounts: [{ name: 'tls', mountPath: '/etc/tls', readOnly: true }],
  },
  'export over gRPC': {
    otlp: {
      endpoint: 'http://collector.observability:4317',
      protocol: 'grpc',
      resourceAttributes: { 'deployment.environment.name': 'production' },
    },
    env: [{ name: 'OTEL_EXPORTER_OTLP_HEADERS', valueFrom: { secretKeyRef: { name: 'otlp', key: 'headers' } } }],
    envFrom: [{ secretRef: { name: 'more', optional: true } }],
  },
  'a spool in memory': { spool: { kind: 'memory' } },
  'a spool on a claim': { spool: { kind: 'claim', storageClassName: 'nfs', sizeLimit: '2Gi' } },
  'a spool on a claim that is there': { spool: { kind: 'claim', existingClaim: 'spool' } },
  'an autoscaler': { autoscaling: { enabled: true, maxReplicas: 10 } },
  'no extras': { networkPolicy: { enabled: false }, disruptionBudget: { enabled: false } },
  'closed on both sides': {
    networkPolicy: {
      from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'agents' } } }],
      egress: { enabled: true, rules: [{ to: [{ podSelector: { matchLabels: { app: 'quiz' } } }] }] },
    },
  },
  dashboards: { dashboards: { enabled: true, annotations: { grafana_folder: 'MCP' } } },
  'a load balancer': { service: { type: 'LoadBalancer', port: 80, annotations: { 'example.com/internal': 'true' } } },
  'a digest, a registry and a name': {
    image: { repository: 'registry.example/mcpspan', digest: `sha256:${'0'.repeat(64)}`, pullPolicy: 'Always' },
    imagePullSecrets: [{ name: 'registry' }],
    fullnameOverride: 'proxy',
  },
  'a place of its own': {
    replicas: 5,
    podLabels: { team: 'agents' },
    podAnnotations: { 'example.com/note': 'mcp' },
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'agents', operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    priorityClassName: 'system-cluster-critical',
    resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '2Gi' } },
    disruptionBudget: { maxUnavailable: '25%' },
    restartOnServerChange: true,
  },
};

/** Later values add to earlier ones, as helm has it. */
const merged = (...all: readonly Values[]): Values =>
  all.reduce<Record<string, unknown>>((sum, next) => {
    for (const [name, value] of Object.entries(next)) {
      const before = sum[name];
      const both = [before, value].every((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
      // True: both are mappings.
      sum[name] = both ? merged(before as Values, value as Values) : value;
    }
    return sum;
  }, {});

const combinations: [string, Values][] = [
  ['one server', ONE],
  ...Object.entries(FEATURES).map(([name, values]): [string, Values] => [name, merged(ONE, values)]),
  ['all of it', merged(ONE, ...Object.values(FEATURES))],
];

const theOne = (objects: readonly KubeObject[], kind: string): KubeObject => {
  const [found, ...more] = objects.filter((object) => object.kind === kind);
  if (found === undefined || more.length > 0) throw new Error(`${more.length + (found ? 1 : 0)} objects are a ${kind}`);
  return found;
};

const made = async (values: Values, kind: string): Promise<KubeObject> => theOne(await rendered(values), kind);

/** What the operator's own types do not know; empty when they know all. */
async function faultsOfMonitoring(objects: readonly KubeObject[]): Promise<string> {
  const child = spawn(binary('monitoring'), { stdio: ['pipe', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (complaint += piece));
  child.stdin.end(objects.map((object) => JSON.stringify(object)).join('\n---\n'));
  const [code]: unknown[] = await once(child, 'close');
  return code === 0 ? '' : complaint || `it ended with ${String(code)}`;
}

let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane();
  await cluster.client.apply(restrictedNamespace(NAMESPACE));
});
afterAll(() => cluster[Symbol.asyncDispose]());

describe.each(combinations)('with %s', (_, values) => {
  it('helm finds no fault in the chart', async () => {
    expect(await helm(['lint', '--strict', CHART], values)).toMatchObject({ ok: true });
  });

  it('an apiserver takes every object, and each pod under the level restricted', async () => {
    const objects = await rendered(values);
    expect(objects.length).toBeGreaterThan(3);
    for (const object of [...objects, podOf(theOne(objects, 'Deployment'))]) {
      const { warnings } = await cluster.client.apply(object, NAMESPACE, true);
      expect(warnings, object.kind).toEqual([]);
    }
  });
});

describe('mcpspan', () => {
  const entry = shipped('src/cli.ts');

  it.each([
    ['one server', ONE],
    ['several servers and options', merged(ONE, FEATURES['several servers'] ?? {}, FEATURES['options for all'] ?? {})],
  ] as const)('takes the file of %s, with the variables of the pod', async (_, values: Values) => {
    await using disk = await scratch('config');
    const objects = await rendered(values);
    const file = join(disk.folder, 'mcpspan.yaml');
    await writeFile(file, String(at(theOne(objects, 'ConfigMap')['data'], 'mcpspan.yaml')));
    const [container] = items(at(theOne(objects, 'Deployment')['spec'], 'template', 'spec', 'containers'));
    const variables = items(at(container, 'env')).flatMap((one): [string, string][] =>
      at(one, 'value') === undefined ? [] : [[String(at(one, 'name')), String(at(one, 'value'))]],
    );
    const { MCPSPAN_CONFIG: _file, ...env } = Object.fromEntries(variables);
    // The certificate is in a secret.
    const text = (await readFile(file, 'utf8')).replaceAll(/ *upstream-ca:.*\n/g, '');
    await writeFile(file, text);
    await promisify(execFile)(process.execPath, [entry, 'config', 'check', file], { env });
  });
});

describe('the apiserver of these tests', () => {
  it('refuses a field that there is not, and a pod that may do too much', async () => {
    const deployment = await made(ONE, 'Deployment');
    const misspelt = { ...deployment, spec: { ...Object(deployment['spec']), replica: 2 } };
    await expect(cluster.client.apply(misspelt, NAMESPACE, true)).rejects.toThrow('replica');
    const pod = podOf(deployment);
    const bold = { ...pod, spec: { ...Object(pod['spec']), hostNetwork: true } };
    await expect(cluster.client.apply(bold, NAMESPACE, true)).rejects.toThrow(
      'violates PodSecurity "restricted:latest"',
    );
  });
});

describe('values', () => {
  it.each([
    ['no server', {}, 'minItems'],
    ['a name that there is not', merged(ONE, { replica: 3 }), 'replica'],
    ['an option that there is not', merged(ONE, { config: { 'hash-id': true } }), 'hash-id'],
    ['an option of a server that there is not', { servers: [{ ...ONE.servers[0], captures: [] }] }, 'captures'],
    ['off as a boolean', merged(ONE, { config: { page: false } }), 'got boolean, want string'],
    ['an option that the chart sets', merged(ONE, { config: { spool: 'off' } }), 'spool'],
    ['one port for two things', merged(ONE, { config: { health: '0.0.0.0:4100' } }), 'port 4100 is used twice'],
  ] as const)('with %s are refused, with the name of the fault', async (_, values: Values, word) => {
    const { ok, complaint } = await helm(['template', 'mcpspan', CHART], values);
    expect(ok).toBe(false);
    expect(complaint).toContain(word);
  });
});

describe('the pods', () => {
  const timesOf = async (values: Values): Promise<unknown> =>
    at((await made(values, 'Deployment'))['spec'], 'template', 'spec', 'terminationGracePeriodSeconds');

  it('have the time that a drain takes, and ten seconds more', async () => {
    expect(await timesOf(ONE)).toBe(40);
    expect(await timesOf(merged(ONE, { config: { 'drain-delay': 10, 'drain-seconds': 120 } }))).toBe(140);
  });

  it('stay as they are when only servers change, and are replaced when an option does', async () => {
    const before = await made(ONE, 'Deployment');
    const other = { servers: [{ name: 'quiz', upstream: 'http://quiz-2:3000/mcp', capture: ['errors'] }] };
    expect(await made(other, 'Deployment')).toEqual(before);
    expect(await made(merged(ONE, { config: { 'hash-ids': true } }), 'Deployment')).not.toEqual(before);
    const restart = { restartOnServerChange: true };
    expect(await made(merged(other, restart), 'Deployment')).not.toEqual(
      await made(merged(ONE, restart), 'Deployment'),
    );
  });

  it('read a file with the servers as they are in the values, and the options that are not variables', async () => {
    const config = { 'hash-ids': true, tools: ['add'], 'drain-seconds': 60 };
    const map = await made({ servers: SEVERAL, config }, 'ConfigMap');
    expect(parse(String(at(map['data'], 'mcpspan.yaml')))).toEqual({
      'hash-ids': true,
      tools: ['add'],
      servers: SEVERAL,
    });
  });
});

describe('the Service', () => {
  it('has a port for each listener, and none for health or the page', async () => {
    const service = await made({ servers: SEVERAL, config: { page: '0.0.0.0:4101' } }, 'Service');
    expect(at(service['spec'], 'ports')).toMatchObject([
      { name: 'mcp', port: 4100, targetPort: 'mcp' },
      { name: 'mcp-4110', port: 4110, targetPort: 'mcp-4110' },
    ]);
  });
});

describe('what the Prometheus Operator reads', () => {
  const values = merged(ONE, {
    prometheusRule: { enabled: true, labels: { release: 'prometheus' } },
    collectorMonitor: { enabled: true, namespace: 'observability', labels: { release: 'prometheus' } },
  });

  it('has its shape, and the shipped rules', async () => {
    const objects = (await rendered(values)).filter(({ apiVersion }) => apiVersion.startsWith('monitoring.'));
    expect(objects.map(({ kind }) => kind).toSorted()).toEqual(['PrometheusRule', 'ServiceMonitor']);
    expect(await faultsOfMonitoring(objects)).toBe('');
    expect(theOne(objects, 'PrometheusRule')['spec']).toEqual(parse(await readFile(RULES, 'utf8')));
  });

  it('would be found to be misspelt', async () => {
    const monitor = theOne(await rendered(values), 'ServiceMonitor');
    const misspelt = { ...monitor, spec: { ...Object(monitor['spec']), endpoint: [] } };
    expect(await faultsOfMonitoring([misspelt])).toContain('unknown field "endpoint"');
  });
});

describe('a packaged chart', () => {
  it('holds the rules and dashboards themselves, so it makes the same objects', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mcpspan-chart-'));
    try {
      const { ok, output } = await helm(['package', CHART, '--destination', folder]);
      expect(ok).toBe(true);
      const archive = output.trim().split(': ').at(-1) ?? '';
      const values = merged(ONE, { dashboards: { enabled: true }, prometheusRule: { enabled: true } });
      const unpacked = await helm(['template', 'mcpspan', archive, '--namespace', 'mcp'], values);
      expect(objectsIn(unpacked.output)).toEqual(await rendered(values));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
