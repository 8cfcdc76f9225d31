// The MCP client of OpenAI's agents SDK, without an agent.
import { MCPServerStreamableHttp } from '@openai/agents';

const { url, calls } = JSON.parse(process.argv[2]);
const server = new MCPServerStreamableHttp({ url, name: 'openai-agents' });
await server.connect();
const tools = await server.listTools();
const said = [];
for (let call = 1; call <= calls; call++) {
  const content = await server.callTool('echo', { message: `hëllo ${call}` });
  said.push(content[0].text);
}
await server.close();
console.log(JSON.stringify({ tools: tools.map(({ name }) => name), said }));
