import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('scripts/fastmcp_server.py', import.meta.url));

/**
 * A FastMCP server as a process, which exports its own spans.
 * @param options `traces`: where to. `http`: whether its HTTP side is instrumented too
 */
export async function startFastMcpServer(
  python: string,
  options: { traces: string; http: boolean },
): Promise<AsyncDisposable & { url: string }> {
  const child = spawn(python, [SCRIPT, JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  for await (const line of createInterface(child.stderr)) {
    said.push(line);
    const port = /^listening on port (\d+)$/.exec(line)?.[1];
    if (port === undefined) continue;
    child.stderr.resume();
    return {
      url: `http://127.0.0.1:${port}/mcp`,
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      },
    };
  }
  throw new Error(`the server did not start:\n${said.join('\n')}`);
}
