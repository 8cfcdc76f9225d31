export type Json = Readonly<Record<string, unknown>>;

const SLOW_MS = 30;

/**
 * What a server says that writes every id as text, as clients accept it; undefined: nothing. Its tools are `echo`, `slow`
 * and `fail`.
 */
export async function lenientAnswer(message: Json): Promise<Json | undefined> {
  const { id, method, params } = message;
  if (id === undefined) return undefined;
  // The shape of a `tools/call`; of other methods it has no name.
  const { name } = (params ?? {}) as { name?: string };
  if (name === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
  return { jsonrpc: '2.0', id: JSON.stringify(id), result: resultOf(method, name) };
}

function resultOf(method: unknown, name: string | undefined): Json {
  switch (method) {
    case 'initialize':
      return {
        protocolVersion: '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'lenient', version: '1.0.0' },
      };
    case 'tools/call':
      return { content: [{ type: 'text', text: String(name) }], ...(name === 'fail' && { isError: true }) };
    default:
      return {};
  }
}
