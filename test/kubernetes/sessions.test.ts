import { connect, createServer } from 'node:net';
import { basename } from 'node:path';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../stack/support/eventually.ts';
import { readName } from '../../src/delivery/spool-file.ts';
import { SILENCE_MS } from '../../src/delivery/spool-parts.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import type { OtlpSpan } from '../support/otlp-signals.ts';
import { valuesFor } from './support/chart-values.ts';
import { Cluster, processIn } from './support/cluster.ts';
import { NODE_ADDRESS } from './support/node-places.ts';
import { quizDeployment, quizService } from './support/quiz.ts';
import { startTraffic } from './support/traffic.ts';

const OURS = 'app.kubernetes.io/name=mcpspan';

let cluster: Cluster;
let receiver: OtlpReceiver;
let url: string;
const stack = new AsyncDisposableStack();

/** The receiver listens on loopback, which pods cannot reach. */
async function onTheNode({ url: target }: OtlpReceiver): Promise<string> {
  const server = createServer((socket) => {
    const onwards = connect(Number(new URL(target).port), '127.0.0.1');
    socket.on('error', () => onwards.destroy()).pipe(onwards);
    onwards.on('error', () => socket.destroy()).pipe(socket);
  });
  server.listen(0, NODE_ADDRESS);
  await once(server, 'listening');
  stack.defer(() => void server.close());
  const address = server.address();
  return `http://${NODE_ADDRESS}:${typeof address === 'object' ? address?.port : ''}`;
}

beforeAll(async () => {
  cluster = await Cluster.open('sessions');
  stack.defer(() => cluster.close());
  receiver = stack.use(await startOtlpReceiver());
  await cluster.apply(quizDeployment(), quizService());
  const upstream = `${await cluster.urlOf('quiz', 3_000)}/mcp`;
  const otlp = { endpoint: await onTheNode(receiver), metricSeconds: 1 };
  const env = [{ name: 'OTEL_BSP_SCHEDULE_DELAY', value: '200' }];
  await cluster.install(valuesFor(upstream, { otlp, env }));
  await cluster.rolledOut('quiz');
  await cluster.rolledOut('mcpspan');
  url = `${await cluster.servedUrlOf('mcpspan', 4_100)}/mcp`;
});
afterAll(() => stack.disposeAsync());

const callsIn = (spans: readonly OtlpSpan[]): OtlpSpan[] => spans.filter(({ name }) => name.startsWith('tools/call'));

it('a session that passes through two pods is one trace, and each span says which pod it came through', async () => {
  const traffic = startTraffic({ url, clients: 4, callMs: 20 });
  await traffic.more(200);
  const { lost, answered, calls } = await traffic.stop();
  expect(lost).toEqual([]);
  await receiver.until(({ spans }) => callsIn(spans).length === calls);
  const pods = (await cluster.pods(OURS)).map(({ metadata }) => metadata);
  const bySession = Map.groupBy(callsIn(receiver.spans), ({ attributes }) => attributes['mcp.session.id']);
  let through = 0;
  for (const spans of bySession.values()) {
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    if (new Set(spans.map(({ resource }) => resource['k8s.pod.name'])).size > 1) through += 1;
  }
  console.log(`${answered} requests in ${bySession.size} sessions, ${through} of them through both pods`);
  expect(through).toBeGreaterThan(0);
  for (const { resource } of callsIn(receiver.spans)) {
    const pod = pods.find(({ name }) => name === resource['k8s.pod.name']);
    expect(resource).toMatchObject({
      'service.name': 'mcpspan',
      'k8s.namespace.name': 'sessions',
      'k8s.deployment.name': 'mcpspan',
      'k8s.container.name': 'mcpspan',
      'k8s.node.name': 'node',
      'k8s.pod.uid': pod?.uid,
      'service.instance.id': `sessions.${pod?.name}.mcpspan`,
    });
  }
});

/** Spans in the folders of both pods. */
async function spooledSpans(): Promise<number> {
  const folders = (await cluster.pods(OURS)).map(
    ({ metadata }) => `/var/lib/kubelet/pods/${metadata.uid}/volumes/kubernetes.io~empty-dir/state/spool`,
  );
  const files = await Promise.all(folders.map((folder) => readdir(folder, { recursive: true })));
  const batches = files.flat().flatMap((file) => readName(basename(file))?.facts ?? []);
  return batches.filter(({ signal }) => signal === 'spans').reduce((sum, { items }) => sum + items, 0);
}

it('what waits for the collector survives a container that is killed, in the volume of its pod', async () => {
  receiver.behave('refuse');
  const before = receiver.spans.length;
  const traffic = startTraffic({ url, clients: 4, callMs: 20 });
  await traffic.more(100);
  const { lost, answered } = await traffic.stop();
  expect(lost).toEqual([]);
  // A batch is tried for ten seconds first. Each request is a span.
  await eventually(
    'all spans are in the folders',
    () => spooledSpans().then((count) => count >= answered || undefined),
    60,
  );
  const kept = await spooledSpans();
  for (const pod of await cluster.pods(OURS)) process.kill(await processIn(pod), 'SIGKILL');
  await eventually('both containers run again', async () => {
    const containers = (await cluster.pods(OURS)).flatMap(({ status }) => status.containerStatuses ?? []);
    return containers.every(({ ready, restartCount }) => ready && restartCount === 1) || undefined;
  });
  receiver.behave('accept');
  // The container has another PID namespace now, so only silence shows that the owner of the folder is dead.
  const arrived = (): number => receiver.spans.length - before;
  await receiver.until(() => arrived() >= kept, 'the spans of before', 2 * SILENCE_MS);
  console.log(`${kept} spans in the folders of containers that were killed, ${arrived()} arrived`);
});
