import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at, items } from '../deploy/yaml.ts';
import { objectsIn } from '../stack/support/kubernetes/helm.ts';
import type { KubeObject } from '../stack/support/kubernetes/kube-client.ts';
import { shipped } from '../stack/support/shipped.ts';
import { Cluster } from './support/cluster.ts';
import { IMAGES } from './support/node-places.ts';
import { QUIZ_COMMAND } from './support/quiz.ts';
import { startTraffic } from './support/traffic.ts';

/** The example of docs/kubernetes.md, with the images of this node. */
function documented(): KubeObject[] {
  const text = readFileSync(shipped('docs/kubernetes.md'), 'utf8');
  const section = text.slice(text.indexOf('## As a sidecar'));
  const example = /^```yaml\n(.*?)^```$/ms.exec(section)?.[1] ?? '';
  const objects = objectsIn(
    example.replaceAll(/image: \S+/g, `image: ${IMAGES.repository}:${IMAGES.tag}\n          imagePullPolicy: Never`),
  );
  for (const container of objects.flatMap((one) => items(at(one['spec'], 'template', 'spec', 'containers')))) {
    if (at(container, 'name') === 'quiz') Object.assign(Object(container), { command: QUIZ_COMMAND });
  }
  return objects;
}

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.open('sidecar');
  await cluster.apply(...documented());
  await cluster.rolledOut('quiz');
});
afterAll(() => cluster.close());

it('the pods of the documented sidecar are replaced under traffic, and every request is answered', async () => {
  const url = `${await cluster.servedUrlOf('quiz', 3_000)}/mcp`;
  const traffic = startTraffic({ url, clients: 8, callMs: 100 });
  for (let round = 0; round < 2; round++) {
    await traffic.more(30);
    await cluster.restart('quiz');
    await cluster.rolledOut('quiz');
    await cluster.settled('app=quiz');
  }
  await traffic.more(30);
  const { answered, lost, pods } = await traffic.stop();
  console.log(`the sidecar, replaced twice: ${answered} requests answered, ${lost.length} lost`);
  expect(lost).toEqual([]);
  // Two pods, three times.
  expect(pods.length).toBe(6);
});
