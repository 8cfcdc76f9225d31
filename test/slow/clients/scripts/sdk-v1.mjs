// The official TypeScript SDK, version 1, by either of its HTTP transports.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const { url, calls, options } = JSON.parse(process.argv[2]);
const Transport = options.transport === 'sse' ? SSEClientTransport : StreamableHTTPClientTransport;
const client = new Client({ name: 'sdk-v1', version: '1.2.3' });
await client.connect(new Transport(new URL(url)));
const { tools } = await client.listTools();
const said = [];
for (let call = 1; call <= calls; call++) {
  const { content } = await client.callTool({ name: 'echo', arguments: { message: `hëllo ${call}` } });
  said.push(content[0].text);
}
await client.close();
console.log(JSON.stringify({ tools: tools.map(({ name }) => name), said }));
