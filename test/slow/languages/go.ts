import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { step, toolchain, type Sdk } from './sdk.ts';

const GO = toolchain('Go', ['go', 'version']);

/** @param module whose version in go.mod is the SDK's */
function goSdk(id: string, title: string, module: string): Sdk {
  const files = ['main.go', 'go.mod', 'go.sum'].map((file) => new URL(`${id}/${file}`, import.meta.url));
  const required = readFileSync(new URL(`${id}/go.mod`, import.meta.url), 'utf8');
  return {
    id,
    title,
    version: new RegExp(`^require ${module} v(.+)$`, 'm').exec(required)?.[1] ?? '',
    toolchain: GO,
    transports: ['http', 'sse', 'stdio'],
    extras: ['http-stateless'],
    files,
    build: (folder) =>
      // A workspace, or a newer toolchain to be downloaded, is not what is meant.
      step(
        folder,
        { GOWORK: 'off', GOTOOLCHAIN: 'local' },
        'go',
        'build',
        '-trimpath',
        '-ldflags=-s -w',
        '-o',
        'program',
        '.',
      ),
    command: (folder) => [join(folder, 'program')],
  };
}

export const MCP_GO = goSdk('mcp-go', 'mcp-go', 'github.com/mark3labs/mcp-go');

export const GO_SDKS: readonly Sdk[] = [goSdk('go-sdk', 'Go SDK', 'github.com/modelcontextprotocol/go-sdk'), MCP_GO];
