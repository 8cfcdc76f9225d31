import type { Profile } from './profile.ts';
import { call, close, list, open } from './steps.ts';

/** `langchain-mcp-adapters` for Python, used without an explicit session. */
export const langchainPython: Profile = {
  name: 'langchain-python',
  behaviour: 'a session for every tool call, deleted after it',
  evidence: {
    client: 'langchain-mcp-adapters 0.3.2: it sets no name, so the default of the Python SDK',
    protocolVersion: 'assumed: the latest of the Python SDK before 2, which it needs',
    headers: 'assumed: httpx, as the Python SDK before 2 uses',
    callMeta: 'langchain-mcp-adapters 0.3.2: none',
    opensStream: 'wire trace of the Python SDK 2.3: GET after each handshake; assumed of those before',
    deletesSession: 'wire trace of the Python SDK 2.3: DELETE at exit; assumed of those before',
    steps: 'langchain-ai/langchain-mcp-adapters #207; its source: "A new session will be created for each tool call"',
  },
  client: { name: 'mcp', version: '0.1.0' },
  era: 'legacy',
  protocolVersion: '2025-11-25',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': 'python-httpx/0.28.1' },
  callMeta: {},
  opensStream: true,
  deletesSession: true,
  steps: [
    open(0),
    list(0, 'tools'),
    close(0),
    ...[
      [6, 'create_cloze_question'],
      [14, 'submit_answer'],
      [19, 'get_latest_answer'],
      [41, 'create_matching_question'],
      [55, 'submit_answer'],
      [60, 'get_latest_answer'],
    ].flatMap(([at, tool]) => [open(Number(at)), call(Number(at), String(tool)), close(Number(at))]),
  ],
};

/** n8n's MCP Client Tool before 1.4 (June 2026). */
export const n8nOld: Profile = {
  name: 'n8n-old',
  behaviour: 'a connection for every step of an agent, listing or calling, and none is ever closed',
  evidence: {
    client: 'n8n-io/n8n #31056',
    protocolVersion: 'assumed: what the TypeScript SDK of its time sends',
    headers: "assumed: Node's fetch",
    callMeta: 'assumed: none reported',
    opensStream: 'n8n-io/n8n #31056: and it is left open',
    deletesSession: 'n8n-io/n8n #23388',
    steps: 'n8n-io/n8n #23388, pull requests #32477 and #37825',
  },
  client: { name: '@n8n/n8n-nodes-langchain.mcpClientTool', version: '1.2' },
  era: 'legacy',
  protocolVersion: '2025-06-18',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': 'node' },
  callMeta: {},
  opensStream: true,
  leavesStreams: true,
  deletesSession: false,
  steps: [
    [0, 'create_cloze_question'],
    [12, 'submit_answer'],
    [20, 'get_latest_answer'],
    [48, 'create_matching_question'],
    [62, 'submit_answer'],
    [70, 'get_latest_answer'],
  ].flatMap(([at, tool]) => {
    const from = Number(at);
    return [open(from), list(from, 'tools'), open(from + 3), call(from + 3, String(tool))];
  }),
};

export const modernStateless: Profile = {
  name: 'modern-stateless',
  behaviour: 'revision 2026-07-28: no sessions, each request says who it is',
  evidence: {
    client: 'version: seen with conversation_id, October 2026',
    protocolVersion: 'specification 2026-07-28',
    headers: 'assumed: no log of its HTTP headers was found',
    callMeta: 'several projects that read it',
    opensStream: 'specification 2026-07-28: there is none',
    deletesSession: 'specification 2026-07-28: there is nothing to delete',
    steps: 'wire trace of a dual-era server: discover, list, calls',
  },
  client: { name: 'antigravity-client', version: '2.19.1' },
  era: 'modern',
  protocolVersion: '2026-07-28',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': 'antigravity-client/2.19.1' },
  callMeta: { 'antigravity.google/conversation_id': '{conversation}' },
  opensStream: false,
  deletesSession: false,
  steps: [
    { at: 1, does: 'discover' },
    list(2, 'tools'),
    call(9, 'create_matching_question'),
    call(30, 'submit_answer'),
    call(36, 'get_latest_answer'),
    call(52, 'create_cloze_question'),
    call(77, 'submit_answer'),
    call(83, 'get_latest_answer'),
    call(110, 'create_cloze_question'),
  ],
};
