/**
 * The names that clients send, and the label each client gets. This is data, because clients change without notice.
 * Names are compared in lower case; a final `*` matches anything. `agent`: the User-Agent must also contain this text.
 */
export interface ClientName {
  label: string;
  names: readonly string[];
  agent?: string;
  /** It inspects servers and does not use them. Session and call figures leave it out. */
  throwAway?: true;
}

export const CLIENT_NAMES: readonly ClientName[] = [
  { label: 'codex', names: ['openai-mcp'], agent: '(Codex)' },
  { label: 'openai-responses', names: ['openai-mcp'], agent: '(Responses API)' },
  { label: 'openai-realtime', names: ['openai-mcp'], agent: '(Realtime API)' },
  { label: 'openai-agent-builder', names: ['openai-mcp'], agent: '(Agent Builder)' },
  { label: 'chatgpt', names: ['openai-mcp', 'chatgpt'] },
  {
    label: 'claude.ai',
    names: ['anthropic/claudeai', 'anthropic', 'claude-ai', 'claudeai', 'claude-user', 'claude.ai'],
  },
  // The connector directory inspects every server that is submitted to it.
  { label: 'anthropic-toolbox', names: ['anthropic/toolbox'], throwAway: true },
  { label: 'claude-sheet-add-in', names: ['sheet-add-in'] },
  { label: 'claude-desktop', names: ['claude-desktop', 'claude desktop'] },
  { label: 'claude-cowork', names: ['cowork', 'claude-cowork'] },
  { label: 'claude-code', names: ['claude-code', 'claudecode'] },
  { label: 'codex', names: ['codex-mcp-client', 'codex'] },
  { label: 'cursor', names: ['cursor-vscode', 'cursor', 'cursor-*'] },
  { label: 'vscode', names: ['visual studio code*', 'visual-studio-code*', 'vscode'] },
  { label: 'gemini-cli', names: ['gemini-cli-mcp-client*', 'gemini-cli'] },
  { label: 'antigravity', names: ['antigravity-client', 'antigravity'] },
  { label: 'opencode', names: ['opencode'] },
  { label: 'goose', names: ['goose', 'goose-*'] },
  { label: 'langchain-js', names: ['@langchain/mcp-adapters', 'langchain-mcp-adapters'] },
  { label: 'vercel-ai-sdk', names: ['ai-sdk-mcp-client', 'ai-sdk'] },
  { label: 'n8n', names: ['@n8n/n8n-nodes-langchain.mcpclienttool', 'n8n*'] },
  { label: 'mcp-python', names: ['mcp'] },
  { label: 'mcp-inspector', names: ['inspector-cli', 'mcp-inspector', 'inspector-client'] },
  { label: 'mcp-conformance', names: ['conformance-test-client'] },
  { label: 'mcp-remote', names: ['mcp-remote'] },
  // Our own commands try a server out.
  { label: 'mcpspan-probe', names: ['mcpspan-probe'], throwAway: true },
  { label: 'mcpspan-doctor', names: ['mcpspan-doctor'], throwAway: true },
  // The bridge checks whether an endpoint answers before its client introduces itself.
  { label: 'mcp-remote-fallback-test', names: ['mcp-remote-fallback-test'], throwAway: true },
  // Claude checks the address of a connector with a GET under this name.
  { label: 'facebookexternalhit', names: ['facebookexternalhit'], throwAway: true },
  { label: 'librechat', names: ['@librechat/api-client'] },
  { label: 'cherry-studio', names: ['cherry studio'] },
  { label: 'cline', names: ['cline'] },
  { label: 'raycast', names: ['com.raycast.macos'] },
  { label: 'continue', names: ['continue-cli-client', 'continue-client'] },
  { label: 'crush', names: ['crush'] },
  { label: 'dust', names: ['dust-mcp-client'] },
  { label: 'factory', names: ['factory-cli'] },
  { label: 'copilot-studio', names: ['mcs'] },
  { label: 'github-copilot', names: ['github-copilot-developer', 'jetbrains-*', 'xcode-copilot-xcode'] },
  { label: 'glama', names: ['glama'] },
  { label: 'jan', names: ['jan-streamable-client'] },
  { label: 'kilo-code', names: ['kilo-code'] },
  { label: 'lobehub', names: ['lobehub-mcp-client'] },
  { label: 'make', names: ['make-app-mcp-client'] },
  { label: 'mistral', names: ['mistral'] },
  { label: 'postman', names: ['postman-client', 'postmanruntime'] },
  { label: 'amazon-q', names: ['q-dev-cli'] },
  { label: 'roo-code', names: ['roo-code'] },
  { label: 'windsurf', names: ['windsurf', 'windsurf-client'] },
  { label: 'zed', names: ['zed'] },
  { label: 'amp', names: ['amp-mcp-client'] },
];

/** The labels of those that inspect servers and do not use them. */
export const THROW_AWAY_LABELS: ReadonlySet<string> = new Set(
  CLIENT_NAMES.filter(({ throwAway }) => throwAway).map(({ label }) => label),
);

/**
 * HTTP libraries and runtimes, in lower case. The first product in a User-Agent may be one of these and not the client:
 * ChatGPT's discovery sends `Python/3.14 aiohttp/3.13`, any client on Node sends `node`.
 */
export const HTTP_LIBRARIES: ReadonlySet<string> = new Set([
  'aiohttp',
  'apache-httpclient',
  'axios',
  'bun',
  'deno',
  'go-http-client',
  'guzzlehttp',
  'java-http-client',
  'ktor-client',
  'node',
  'node-fetch',
  'node.js',
  'okhttp',
  'python',
  'python-httpx',
  'python-httpx2',
  'python-requests',
  'python-urllib',
  'reactornetty',
  'reqwest',
  'ruby',
  'undici',
]);

/** Finds the table row for this name; undefined: the table does not have it. */
export function findClientName(name: string, userAgent: string | undefined): ClientName | undefined {
  const lower = name.toLowerCase();
  return CLIENT_NAMES.find(
    (row) =>
      (row.agent === undefined || userAgent?.includes(row.agent) === true) &&
      row.names.some((known) => (known.endsWith('*') ? lower.startsWith(known.slice(0, -1)) : lower === known)),
  );
}

/** Turns `claude-ai (via mcp-remote 0.15.1)` into `claude-ai`. */
export const withoutBridge = (name: string): string => name.replace(/ \(via mcp-remote [^)]*\)$/, '');
