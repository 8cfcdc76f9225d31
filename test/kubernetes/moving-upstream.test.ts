import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../stack/support/eventually.ts';
import { valuesFor } from './support/chart-values.ts';
import { Cluster } from './support/cluster.ts';
import { quizDeployment, quizService } from './support/quiz.ts';
import { post, startTraffic } from './support/traffic.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.open('moving-upstream');
  await cluster.apply(quizDeployment(), quizService());
  await cluster.install(valuesFor(`${await cluster.urlOf('quiz', 3_000)}/mcp`));
  await cluster.rolledOut('quiz');
  await cluster.rolledOut('mcpspan');
});
afterAll(() => cluster.close());

it('a server moves to other pods behind its Service, and every request is answered', async () => {
  const url = `${await cluster.servedUrlOf('mcpspan', 4_100)}/mcp`;
  const traffic = startTraffic({ url, clients: 8, callMs: 100 });
  await traffic.more(30);
  await cluster.restart('quiz');
  await cluster.rolledOut('quiz');
  await cluster.settled('app=quiz');
  // The Service leads elsewhere at once, while the pods that it led to are still there.
  await cluster.apply(quizDeployment('other-quiz'));
  await cluster.rolledOut('other-quiz');
  await cluster.apply(quizService('other-quiz'));
  await traffic.more(100);
  const { answered, lost, pods } = await traffic.stop();
  console.log(`a server that moves twice: ${answered} requests answered, ${lost.length} lost`);
  expect(lost).toEqual([]);
  expect(pods).toHaveLength(3);
  expect(pods.at(-1)).toMatch(/^other-quiz-/);
});

it('a server without a pod leaves mcpspan ready', async () => {
  await cluster.apply(quizService('nobody'));
  const url = `${await cluster.urlOf('mcpspan', 4_100)}/mcp`;
  const refused = async (): Promise<true | undefined> =>
    (await post(url, false, { id: 1, method: 'tools/list' })).status === 502 || undefined;
  await eventually('mcpspan says that nothing is there', refused);
  const pods = await cluster.pods('app.kubernetes.io/name=mcpspan');
  const containers = pods.flatMap(({ status }) => status.containerStatuses ?? []);
  expect(containers.map(({ ready, restartCount }) => [ready, restartCount])).toEqual([
    [true, 0],
    [true, 0],
  ]);
});
