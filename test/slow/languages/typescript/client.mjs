// The official TypeScript SDK, version 1, from the repository's packages: `client.mjs client TASK`.
import { buffer } from 'node:stream/consumers';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const { transport, url, command, calls } = JSON.parse(process.argv[3]);
const connection = () => {
  if (transport === 'stdio') return new StdioClientTransport({ command: command[0], args: command.slice(1) });
  const Transport = transport === 'sse' ? SSEClientTransport : StreamableHTTPClientTransport;
  return new Transport(new URL(url));
};
const client = new Client({ name: 'typescript-client', version: '1.0.0' });
await client.connect(connection());
const { tools } = await client.listTools();
const made = [];
for (const call of calls) {
  const progress = [];
  const since = performance.now();
  const { content, isError = false } = await client.callTool(call, undefined, {
    onprogress: (step) => progress.push(step.progress),
  });
  const ms = performance.now() - since;
  made.push({ tool: call.name, isError, text: content[0].text, progress, ms });
}
const report = { server: client.getServerVersion().name, tools: tools.map(({ name }) => name), calls: made };
process.stdout.write(`${JSON.stringify(report)}\n`);
await buffer(process.stdin);
await client.close();
