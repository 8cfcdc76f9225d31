// What the suite runs as its client under test: hands the scenario to the process that has the clients, so that not every
// one of a hundred scenarios costs the start of a client and of the SDK.
const [, , host = '', url = ''] = process.argv;
const { MCP_CONFORMANCE_SCENARIO, MCP_CONFORMANCE_PROTOCOL_VERSION, MCP_CONFORMANCE_CONTEXT } = process.env;
const context: unknown = MCP_CONFORMANCE_CONTEXT === undefined ? undefined : JSON.parse(MCP_CONFORMANCE_CONTEXT);
const body = { url, scenario: MCP_CONFORMANCE_SCENARIO, version: MCP_CONFORMANCE_PROTOCOL_VERSION, context };
const answer = await fetch(host, { method: 'POST', body: JSON.stringify(body) });
process.stderr.write(await answer.text());
process.exitCode = answer.ok ? 0 : 1;
