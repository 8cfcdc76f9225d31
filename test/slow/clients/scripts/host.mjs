// The official TypeScript SDK as a host that starts its server: version 2 in a mode, or else version 1.
const { url, calls, options } = JSON.parse(process.argv[2]);
const v2 = options.mode !== undefined;
const { Client } = await import(v2 ? '@modelcontextprotocol/client' : '@modelcontextprotocol/sdk/client/index.js');
const { StdioClientTransport } = await import(
  v2 ? '@modelcontextprotocol/client/stdio' : '@modelcontextprotocol/sdk/client/stdio.js'
);

const client = new Client({ name: 'host', version: '1.2.3' }, v2 ? { versionNegotiation: { mode: options.mode } } : {});
const [command, ...args] = options.command;
// Without `env` it passes on only a few variables.
const env = { ...process.env, ...options.env };
await client.connect(new StdioClientTransport({ command, args, env, stderr: 'inherit' }));
const { tools } = await client.listTools();
const said = [];
for (let call = 1; call <= calls; call++) {
  const { content } = await client.callTool(options.call);
  said.push(content[0].text);
}
// It may go when that is answered.
await fetch(url);
await client.close();
console.log(JSON.stringify({ tools: tools.map(({ name }) => name), said }));
