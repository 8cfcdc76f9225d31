import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../stack/support/eventually.ts';
import { valuesFor } from './support/chart-values.ts';
import { Cluster, processIn, type Pod } from './support/cluster.ts';
import { quizDeployment, quizService } from './support/quiz.ts';
import { startTraffic } from './support/traffic.ts';

const OURS = 'app.kubernetes.io/name=mcpspan';
const RESTART_SECONDS = 120;

let cluster: Cluster;
let url: string;

beforeAll(async () => {
  cluster = await Cluster.open('killed-pod');
  await cluster.apply(quizDeployment(), quizService());
  await cluster.install(valuesFor(`${await cluster.urlOf('quiz', 3_000)}/mcp`));
  await cluster.rolledOut('quiz');
  await cluster.rolledOut('mcpspan');
  url = `${await cluster.servedUrlOf('mcpspan', 4_100)}/mcp`;
});
afterAll(() => cluster.close());

async function anyPod(): Promise<Pod> {
  const [pod] = await cluster.pods(OURS);
  if (pod === undefined) throw new Error('mcpspan has no pod');
  return pod;
}

/** Resolves once the container of a pod runs again, and the Service leads there. */
async function restarted({ metadata }: Pod, times: number): Promise<void> {
  await eventually(
    `${metadata.name} runs again`,
    async () => {
      const pod = (await cluster.pods(OURS)).find((one) => one.metadata.name === metadata.name);
      return pod?.status.containerStatuses?.some((one) => one.ready && one.restartCount === times) || undefined;
    },
    RESTART_SECONDS,
  );
}

it('a mcpspan that is killed loses what it had in its hands, and what comes before its pod is known to be gone', async () => {
  const pod = await anyPod();
  const pid = await processIn(pod);
  const traffic = startTraffic({ url, clients: 8, callMs: 100 });
  await traffic.more(50);
  const killedAt = performance.now();
  process.kill(pid, 'SIGKILL');
  await restarted(pod, 1);
  await cluster.rolledOut('mcpspan');
  const outage = Math.round(performance.now() - killedAt);
  const during = traffic.now();
  await traffic.more(100);
  const { answered, lost } = await traffic.stop();
  console.log(`mcpspan killed: ${answered} requests answered, ${lost.length} lost; it ran again after ${outage} ms`);
  for (const reason of new Set(lost.map((line) => line.replace(/^\d+ ms, /, '')))) console.log(`  ${reason}`);
  // Nobody gets a wrong answer: connections break, or are refused.
  expect(lost.filter((line) => !/ECONNREFUSED|ECONNRESET|socket hang up/.test(line))).toEqual([]);
  expect(lost.length).toBeGreaterThan(0);
  // Once it runs again nothing more is lost.
  expect(lost.length).toBe(during.lost.length);
});

it('a pod that is deleted by force loses no more than that', async () => {
  const pod = await anyPod();
  const traffic = startTraffic({ url, clients: 8, callMs: 100 });
  await traffic.more(50);
  await cluster.client.delete(cluster.client.pathOf('v1', 'Pod', cluster.namespace, pod.metadata.name), {
    gracePeriodSeconds: 0,
  });
  await cluster.rolledOut('mcpspan');
  const during = traffic.now();
  await traffic.more(100);
  const { answered, lost } = await traffic.stop();
  console.log(`a pod deleted by force: ${answered} requests answered, ${lost.length} lost`);
  expect(lost.filter((line) => !/ECONNREFUSED|ECONNRESET|EHOSTUNREACH|socket hang up/.test(line))).toEqual([]);
  expect(lost.length).toBe(during.lost.length);
});

it('a mcpspan that hangs is restarted', async () => {
  const pod = await anyPod();
  const restarts = pod.status.containerStatuses?.[0]?.restartCount ?? 0;
  const since = performance.now();
  process.kill(await processIn(pod), 'SIGSTOP');
  await restarted(pod, restarts + 1);
  console.log(`mcpspan hangs: it runs again after ${Math.round((performance.now() - since) / 1_000)} s`);
});
