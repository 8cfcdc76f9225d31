// Mastra's MCP client.
import { MCPClient } from '@mastra/mcp';

const { url, calls } = JSON.parse(process.argv[2]);
const client = new MCPClient({ servers: { mastra: { url: new URL(url) } } });
const tools = await client.listTools();
const said = [];
for (let call = 1; call <= calls; call++) {
  const { content } = await tools.mastra_echo.execute({ message: `hëllo ${call}` }, {});
  said.push(content[0].text);
}
await client.disconnect();
console.log(JSON.stringify({ tools: Object.keys(tools).map((name) => name.replace('mastra_', '')), said }));
