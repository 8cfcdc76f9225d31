// The official TypeScript SDK, version 2.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const { url, calls, options } = JSON.parse(process.argv[2]);
const mode = options.mode === 'modern' ? { pin: '2026-07-28' } : options.mode;
const client = new Client({ name: 'sdk-v2', version: '2.3.4' }, { versionNegotiation: { mode } });
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
const { tools } = await client.listTools();
const said = [];
for (let call = 1; call <= calls; call++) {
  const { content } = await client.callTool({ name: 'echo', arguments: { message: `hëllo ${call}` } });
  said.push(content[0].text);
}
await client.close();
console.log(JSON.stringify({ tools: tools.map(({ name }) => name), said }));
