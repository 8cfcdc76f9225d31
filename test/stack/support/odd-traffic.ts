import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { connectV1 } from '../../e2e/clients.ts';
import { speakTo } from '../../e2e/speaker.ts';
import { STRANGER } from './odd-server.ts';

/** From the fifth in a row on they count as repeated. */
const SAME_CALLS = 6;

/** At the odd server: lists before and after a change, a call in the revision without sessions that lacks its headers, and a stranger who does not come back. */
export async function goAgainstTheRules(url: string): Promise<void> {
  const speaker = speakTo(url, { name: 'shopper', version: '1.0.0' });
  await speaker.open();
  await speaker.send({ id: 'before', method: 'tools/list' });
  await speaker.send({ id: 'after', method: 'tools/list' });
  await speaker.call('order');
  const modern = speakTo(url, { name: 'hasty', version: '1.0.0' });
  await modern.call('order', { headers: { 'mcp-protocol-version': '2026-07-28' } });
  await speakTo(url, { name: 'lost', version: '1.0.0' }, { 'user-agent': STRANGER }).open();
}

/**
 * What no simulated client does, at the reference server: a question of the server's, a call given up, a tool that was
 * not offered, the same call over and over, an answer nobody asked for, a look for a way to sign in, a stream that stays
 * open.
 */
export async function goOddly(url: string): Promise<void> {
  const { client, transport } = await connectV1(url, 'asked', { elicitation: {} }, (asked) => {
    asked.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' as const }));
  });
  await client.listTools();
  await client.callTool({ name: 'trigger-elicitation-request', arguments: {} });
  await client.callTool({ name: 'not-offered', arguments: {} }).catch(() => 'refused by the server');
  for (let call = 0; call < SAME_CALLS; call++)
    await client.callTool({ name: 'echo', arguments: { message: 'again' } });
  const stop = new AbortController();
  const long = { name: 'trigger-long-running-operation', arguments: { duration: 10, steps: 20 } };
  await client
    .callTool(long, undefined, { signal: stop.signal, onprogress: () => stop.abort() })
    .catch(() => 'given up');
  await transport.terminateSession();
  await client.close();

  const speaker = speakTo(url, { name: 'odd', version: '1.0.0' });
  await speaker.open();
  await speaker.send({ id: 'never-asked', result: {} });
  await speaker.call('echo');

  const metadata = await fetch(new URL('/.well-known/oauth-protected-resource', url));
  await metadata.arrayBuffer();

  // Its GET stays open.
  await connectV1(url, 'listens');
}
