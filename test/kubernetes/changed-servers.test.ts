import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../stack/support/eventually.ts';
import { Cluster } from './support/cluster.ts';
import { quizDeployment, quizService } from './support/quiz.ts';
import { post, startTraffic } from './support/traffic.ts';

const OURS = 'app.kubernetes.io/name=mcpspan';

let cluster: Cluster;
let upstream: string;

beforeAll(async () => {
  cluster = await Cluster.open('changed-servers');
  await cluster.apply(quizDeployment(), quizService());
  upstream = `${await cluster.urlOf('quiz', 3_000)}/mcp`;
  await cluster.install({ servers: [{ name: 'quiz', upstream, path: '/quiz' }] });
  await cluster.rolledOut('quiz');
  await cluster.rolledOut('mcpspan');
});
afterAll(() => cluster.close());

it('a server that is added is served by the pods that are there, and no request is lost', async () => {
  const url = await cluster.servedUrlOf('mcpspan', 4_100);
  const before = (await cluster.pods(OURS)).map(({ metadata }) => metadata.name).toSorted();
  const traffic = startTraffic({ url: `${url}/quiz`, clients: 8, callMs: 100 });
  await traffic.more(30);
  const since = performance.now();
  await cluster.install({
    servers: [
      { name: 'quiz', upstream, path: '/quiz' },
      { name: 'shop', upstream, path: '/shop' },
    ],
  });
  // Each pod looks at its file by itself: many answers in a row are those of both.
  const served = async (): Promise<true | undefined> => {
    for (let count = 0; count < 20; count++) {
      const { status } = await post(`${url}/shop`, false, { id: count, method: 'tools/list' });
      if (status !== 200) return undefined;
    }
    return true;
  };
  await eventually('both pods serve the shop', served, 120);
  const seconds = Math.round((performance.now() - since) / 1_000);
  await traffic.more(30);
  const { answered, lost } = await traffic.stop();
  console.log(
    `a server added: ${answered} requests answered, ${lost.length} lost; both pods served it after ${seconds} s`,
  );
  expect(lost).toEqual([]);
  const pods = await cluster.pods(OURS);
  expect(pods.map(({ metadata }) => metadata.name).toSorted()).toEqual(before);
  const restarts = pods.flatMap(({ status }) => status.containerStatuses ?? []).map(({ restartCount }) => restartCount);
  expect(restarts).toEqual([0, 0]);
});
