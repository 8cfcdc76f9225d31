import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, it } from 'vitest';
import { connectV1 } from '../../e2e/clients.ts';
import { startEverything } from '../../e2e/everything.ts';
import { propagated } from './conversation.ts';
import { startScene } from './scene.ts';

it('what a client answers its server is sent on with a parent that exists', async () => {
  await using everything = await startEverything();
  await using scene = await startScene(everything.url);
  const { client } = await connectV1(scene.url, 'asked', { elicitation: {} }, (asked) => {
    asked.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' }));
  });
  await client.callTool({ name: 'trigger-elicitation-request', arguments: {} });
  await client.close();
  await scene.stop();
  expect(propagated(scene).unknown).toEqual([]);
});
