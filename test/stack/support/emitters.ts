import { fileURLToPath } from 'node:url';
import { start, type Running } from './process.ts';

const SCRIPT = fileURLToPath(new URL('emitters/server.py', import.meta.url));

export interface Emitter extends Running {
  /** Where clients connect. */
  readonly url: string;
}

/**
 * A server of MCP in Python that exports spans of its own to a collector.
 * @param python an interpreter that has the packages of test/slow/python/requirements.txt
 */
export async function startEmitter(
  python: string,
  { sdk, name, otlpUrl }: { sdk: 'fastmcp' | 'mcp'; name: string; otlpUrl: string },
): Promise<Emitter> {
  const running = await start({
    name,
    file: python,
    args: [SCRIPT, JSON.stringify({ sdk, name, traces: `${otlpUrl}/v1/traces` })],
    ready: (log) => log.includes('listening on port'),
  });
  const port = /listening on port (\d+)/.exec(running.log())?.[1];
  return { ...running, url: `http://127.0.0.1:${port}/mcp` };
}
