// mcp-remote, the bridge from a host that can only start commands to a URL. The host is the official SDK.
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const { url, calls } = JSON.parse(process.argv[2]);
const client = new Client({ name: 'claude-ai', version: '0.1.0' });
const args = ['node_modules/mcp-remote/dist/proxy.js', url, '--allow-http', '--silent'];
await client.connect(new StdioClientTransport({ command: process.execPath, args, env: process.env }));
const { tools } = await client.listTools();
const said = [];
for (let call = 1; call <= calls; call++) {
  const { content } = await client.callTool({ name: 'echo', arguments: { message: `hëllo ${call}` } });
  said.push(content[0].text);
}
await client.close();
console.log(JSON.stringify({ tools: tools.map(({ name }) => name), said }));
