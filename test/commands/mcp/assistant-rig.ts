import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const CLI = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url));

/** What an assistant gets for a question. */
export interface Answer {
  failed: boolean;
  /** The sentences. */
  text: string;
  /** All texts: what a client gives a model that shows it no structured content. */
  whole: string;
  rows: Record<string, unknown>[];
  structured: Record<string, unknown>;
}

export interface Assistant extends AsyncDisposable {
  client: Client;
  ask(tool: string, args?: Record<string, unknown>): Promise<Answer>;
}

/** `mcpspan mcp` as a process, with the official SDK at the other end. The SDK checks each answer against its schema. */
export async function startAssistant(
  store: string,
  command: readonly [string, ...string[]] = [process.execPath, CLI, 'mcp', '--store', store],
  env: Readonly<Record<string, string>> = {},
): Promise<Assistant> {
  const [program, ...args] = command;
  const client = new Client({ name: 'assistant', version: '1.0.0' });
  const transport = new StdioClientTransport({ command: program, args, env: { ...env }, stderr: 'ignore' });
  await client.connect(transport);
  // The SDK knows the schemas of answers only after it has listed the tools.
  await client.listTools();
  return {
    client,
    async ask(tool, given = {}) {
      const answer = await client.callTool({ name: tool, arguments: given });
      // The SDK has checked both against the protocol's schema.
      const content = answer.content as { text: string }[];
      const structured = (answer.structuredContent ?? {}) as Record<string, unknown>;
      return {
        failed: answer.isError === true,
        text: content[0]?.text ?? '',
        whole: content.map(({ text }) => text).join('\n'),
        // The output schema says so.
        rows: (structured['rows'] ?? []) as Record<string, unknown>[],
        structured,
      };
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}
