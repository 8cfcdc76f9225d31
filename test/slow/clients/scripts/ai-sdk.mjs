// The AI SDK's MCP client.
const { url, calls, options } = JSON.parse(process.argv[2]);
const { createMCPClient, experimental_createMCPClient } = await import(options.package);

const client = await (createMCPClient ?? experimental_createMCPClient)({
  name: 'ai-sdk',
  transport: { type: options.transport, url },
});
const tools = await client.tools();
const said = [];
for (let call = 1; call <= calls; call++) {
  const toolCall = { toolCallId: `call-${call}`, messages: [] };
  const { content } = await tools.echo.execute({ message: `hëllo ${call}` }, toolCall);
  said.push(content[0].text);
}
await client.close();
console.log(JSON.stringify({ tools: Object.keys(tools), said }));
