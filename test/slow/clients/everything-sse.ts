import { createRequire } from 'node:module';
import { runScript, type Command } from '../../e2e/cli.ts';
import { httpServer } from '../../support/listen.ts';

const ENTRY = createRequire(import.meta.url)
  .resolve('@modelcontextprotocol/server-everything/package.json')
  .replace('package.json', 'dist/index.js');

/** The reference server as a process that speaks HTTP+SSE, the transport of 2024-11-05. */
export async function startEverythingSse(): Promise<Command & { url: string }> {
  // It takes a number only, and says not which port 0 became: one that was just free, and another if that was taken.
  for (let attempt = 1; ; attempt++) {
    const free = await httpServer(() => undefined);
    await free.close();
    const server = runScript(ENTRY, ['sse'], { PORT: String(free.port) });
    try {
      await server.untilSaid((stderr) => stderr.includes('running on port'));
      return { ...server, url: `${free.url}/sse` };
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}
