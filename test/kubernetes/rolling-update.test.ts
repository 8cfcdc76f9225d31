import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Values } from '../stack/support/kubernetes/helm.ts';
import { valuesFor } from './support/chart-values.ts';
import { Cluster } from './support/cluster.ts';
import { quizDeployment, quizService } from './support/quiz.ts';
import { startTraffic } from './support/traffic.ts';

const OURS = 'app.kubernetes.io/name=mcpspan';
const CLIENTS = 8;
const CALL_MS = 100;

let cluster: Cluster;
let values: Values;
let url: string;

beforeAll(async () => {
  cluster = await Cluster.open('rolling-update');
  await cluster.apply(quizDeployment(), quizService());
  values = valuesFor(`${await cluster.urlOf('quiz', 3_000)}/mcp`);
  await cluster.install(values);
  await cluster.rolledOut('quiz');
  await cluster.rolledOut('mcpspan');
  url = `${await cluster.servedUrlOf('mcpspan', 4_100)}/mcp`;
});
afterAll(() => cluster.close());

describe('the pods of the chart', () => {
  it('are replaced under traffic, and every request is answered', async () => {
    const before = await cluster.pods(OURS);
    const traffic = startTraffic({ url, clients: CLIENTS, callMs: CALL_MS });
    await traffic.more(50);
    await cluster.install({ ...values, podAnnotations: { version: '2' } });
    await cluster.rolledOut('mcpspan');
    await cluster.settled(OURS);
    await traffic.more(50);
    const { answered, lost } = await traffic.stop();
    console.log(`a rolling update: ${answered} requests answered, ${lost.length} lost`);
    expect(lost).toEqual([]);
    const names = before.map(({ metadata }) => metadata.name);
    const after = (await cluster.pods(OURS)).map(({ metadata }) => metadata.name);
    expect(after).toHaveLength(names.length);
    expect(after.filter((name) => names.includes(name))).toEqual([]);
  });

  it('become more and fewer under traffic, and every request is answered', async () => {
    const traffic = startTraffic({ url, clients: CLIENTS, callMs: CALL_MS });
    for (const replicas of [3, 1, 2]) {
      await traffic.more(30);
      await cluster.install({ ...values, replicas });
      await cluster.rolledOut('mcpspan');
      await cluster.settled(OURS);
    }
    await traffic.more(30);
    const { answered, lost } = await traffic.stop();
    console.log(`more and fewer pods: ${answered} requests answered, ${lost.length} lost`);
    expect(lost).toEqual([]);
  });
});
