import { fileURLToPath } from 'node:url';
import { httpServer } from '../support/listen.ts';
import { runScript, type Command } from './cli.ts';

const ENTRY = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);

/** The reference server of the protocol's authors as a process: SDK v1, with sessions and resumable streams. */
export async function startEverything(): Promise<Command & { url: string }> {
  // It takes a port number only, and with 0 it does not say which port it got: we give it one that was just free, and
  // another if that was taken meanwhile.
  for (let attempt = 1; ; attempt++) {
    const free = await httpServer(() => undefined);
    await free.close();
    const server = runScript(ENTRY, ['streamableHttp'], { PORT: String(free.port) });
    try {
      await server.untilSaid((stderr) => stderr.includes('listening on port'));
      return { ...server, url: `${free.url}/mcp` };
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}
