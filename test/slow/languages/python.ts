import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fillVenv, findPython, interpreterIn, REQUIREMENTS } from '../python/venv.ts';
import type { Sdk, Toolchain } from './sdk.ts';

let known: { version: string | undefined } | undefined;
const PYTHON: Toolchain = {
  name: 'Python with venv and pip',
  version() {
    known ??= { version: findPython() };
    return known.version;
  },
};

const requirements = (folder: string): URL => new URL(`python/${folder}/requirements.txt`, import.meta.url);
const FASTMCP_2 = requirements('fastmcp-2');
const FASTMCP_3 = requirements('fastmcp-3');

const ALL = { transports: ['http', 'sse', 'stdio'], extras: ['http-stateless'] } as const;
/** Over stdio these speak as version 1 of the SDK does, which they are made with. */
const HTTP = { transports: ['http', 'sse'], extras: ['http-stateless', 'stdio'] } as const;

/** @param name of the package. @param environment what is installed: SDKs that go together share one */
function pythonSdk(
  id: string,
  title: string,
  name: string,
  script: string,
  environment: URL,
  transports: Pick<Sdk, 'transports' | 'extras'> = ALL,
): Sdk {
  const pinned = new RegExp(`^${name}==(.+)$`, 'm').exec(readFileSync(environment, 'utf8'));
  return {
    id,
    title,
    version: pinned?.[1] ?? '',
    toolchain: PYTHON,
    ...transports,
    files: [environment],
    build: fillVenv,
    command: (folder) => [interpreterIn(folder), fileURLToPath(new URL(`python/${script}`, import.meta.url)), id],
  };
}

export const PYTHON_SDKS: readonly Sdk[] = [
  pythonSdk('mcp-1', 'Python SDK', 'mcp', 'mcp_1.py', FASTMCP_2),
  pythonSdk('mcp-2', 'Python SDK', 'mcp', 'mcp_2.py', REQUIREMENTS),
  pythonSdk('fastmcp-2', 'FastMCP', 'fastmcp', 'fastmcp_any.py', FASTMCP_2, HTTP),
  pythonSdk('fastmcp-3', 'FastMCP', 'fastmcp', 'fastmcp_any.py', FASTMCP_3, HTTP),
  pythonSdk('fastmcp-4', 'FastMCP', 'fastmcp', 'fastmcp_any.py', REQUIREMENTS),
];
