import { fileURLToPath } from 'node:url';
import { onFreePorts } from './ports.ts';
import { start, type Running } from './process.ts';

const ENTRY = fileURLToPath(
  new URL('../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);

/** The reference server of the protocol's authors: SDK v1, with sessions and resumable streams. */
export const startEverything = (): Promise<Running & { url: string }> =>
  onFreePorts(1, async (port = 0) => {
    const running = await start({
      name: 'server-everything',
      file: process.execPath,
      args: [ENTRY, 'streamableHttp'],
      env: { PORT: String(port) },
      ready: (log) => log.includes('listening on port'),
    });
    return { ...running, url: `http://127.0.0.1:${port}/mcp` };
  });
