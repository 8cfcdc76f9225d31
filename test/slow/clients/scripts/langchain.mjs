// LangChain's adapter from MCP servers to its tools.
import { MultiServerMCPClient } from '@langchain/mcp-adapters';

const { url, calls, options } = JSON.parse(process.argv[2]);
const client = new MultiServerMCPClient({ mcpServers: { proxied: { url, transport: options.transport } } });
const tools = await client.getTools();
const echo = tools.find(({ name }) => name === 'echo');
const said = [];
for (let call = 1; call <= calls; call++) said.push(await echo.invoke({ message: `hëllo ${call}` }));
await client.close();
console.log(JSON.stringify({ tools: tools.map(({ name }) => name), said }));
