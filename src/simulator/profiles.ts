import type { Profile, Step } from './profile.ts';

const call = (at: number, tool: string): Step => ({ at, does: 'call', tool });
const open = (at: number): Step => ({ at, does: 'open', session: 'new' });
const openDead = (at: number): Step => ({ at, does: 'open', session: 'dead' });
const list = (at: number, what: 'tools' | 'resources'): Step => ({ at, does: 'list', what });
const perCall = (at: number, tool: string): Step[] => [open(at), call(at, tool)];

/** Apps SDK reference, "_meta fields the client provides": all of these on tool calls only. */
const openaiCallMeta = {
  'openai/session': 'v1/{conversation}', // "Anonymized conversation id"; its shape: pragmalabs.tech, part 2
  'openai/subject': 'v1/{user}', // "Anonymized user id"
  'openai/userAgent': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36',
  'openai/locale': 'en-US',
  'openai/userLocation': { city: 'Utrecht', region: 'Utrecht', country: 'NL', timezone: 'Europe/Amsterdam' },
};

const chatgpt2025: Profile = {
  name: 'chatgpt-2025',
  behaviour: 'a new session for every tool call, never deleted',
  evidence: ['openai-apps-sdk-examples #165', 'openai-apps-sdk-examples #201', 'community.openai.com 1380087'],
  client: { name: 'openai-mcp', version: '1.0.0' }, // php-mcp/laravel #28
  era: 'legacy',
  protocolVersion: '2025-06-18',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': 'openai-mcp/1.0.0' }, // ext-apps #647
  callMeta: openaiCallMeta,
  opensStream: false,
  steps: [
    // 67 s between the first two calls: mcpr's dashboard, spring 2026. The later calls go on in the same manner.
    ...perCall(0, 'create_matching_question'),
    ...perCall(67, 'submit_answer'),
    ...perCall(75, 'get_latest_answer'),
    ...perCall(86, 'create_cloze_question'),
    ...perCall(101, 'submit_answer'),
    ...perCall(112, 'get_latest_answer'),
  ],
};

const claude202603: Profile = {
  name: 'claude-2026-03',
  behaviour: 'one session for the whole conversation, with discovery in it',
  evidence: ['pragmalabs.tech, part 2', 'anthropics/claude-ai-mcp #99'],
  client: { name: 'Anthropic/ClaudeAI', version: '1.0.0' }, // documenso test log
  era: 'legacy',
  protocolVersion: '2025-11-25', // anthropics/claude-ai-mcp #70
  sendsVersionHeader: false, // anthropics/claude-ai-mcp #70: in the initialize body only
  capabilities: {},
  headers: { 'User-Agent': 'Claude-User', 'x-anthropic-client': 'ClaudeAI' }, // documenso test log
  callMeta: {},
  opensStream: false,
  steps: [
    // Up to +39 s: mcpr's dashboard, spring 2026. The later calls go on in the same session.
    open(0),
    list(1, 'tools'),
    list(2, 'resources'),
    { at: 32, does: 'read' },
    call(35, 'create_cloze_question'),
    call(39, 'get_latest_answer'),
    call(58, 'submit_answer'),
    call(61, 'get_latest_answer'),
    call(80, 'create_matching_question'),
    call(102, 'submit_answer'),
    call(108, 'get_latest_answer'),
  ],
};

const chatgpt2026: Profile = {
  name: 'chatgpt-2026',
  behaviour: 'tool calls without handshake and without session id',
  evidence: ['openai-apps-sdk-examples #201 (staff answer)', 'ext-apps #647', 'documenso test log'],
  client: { name: 'openai-mcp', version: '1.0.0' }, // never sent: there is no handshake
  era: 'legacy',
  protocolVersion: '2025-11-25',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': 'openai-mcp/1.0.0', 'X-OpenAI-Session': 'v1/{conversation}' }, // Shellby log, August 2026
  callMeta: openaiCallMeta,
  opensStream: false,
  steps: [
    call(3, 'create_cloze_question'),
    call(24, 'submit_answer'),
    call(31, 'get_latest_answer'),
    call(55, 'create_matching_question'),
    call(82, 'submit_answer'),
    call(88, 'get_latest_answer'),
    call(105, 'create_cloze_question'),
  ],
};

const modernStateless: Profile = {
  name: 'modern-stateless',
  behaviour: 'revision 2026-07-28: no sessions, each request says who it is',
  evidence: ['specification 2026-07-28', 'wire trace of a dual-era server: discover, list, calls'],
  client: { name: 'antigravity-client', version: '2.19.1' }, // version: seen with conversation_id, October 2026
  era: 'modern',
  protocolVersion: '2026-07-28',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': 'antigravity-client/2.19.1' }, // assumed: no log of its HTTP headers was found
  callMeta: { 'antigravity.google/conversation_id': '{conversation}' },
  opensStream: false,
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

const reconnectLoop: Profile = {
  name: 'reconnect-loop',
  behaviour: 'connects again and again, some times with a dead session id, and calls nothing',
  evidence: ['cursor #3640', 'cursor #2998'],
  client: { name: 'cursor-vscode', version: '1.0.0' },
  era: 'legacy',
  protocolVersion: '2025-11-25',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': 'node' }, // the TypeScript SDK over Node's fetch, as measured
  callMeta: {},
  opensStream: true, // the TypeScript SDK opens it after each handshake, as measured
  steps: [
    open(0),
    list(0, 'tools'),
    openDead(14),
    openDead(16),
    open(18),
    list(18, 'tools'),
    openDead(40),
    open(43),
    list(43, 'tools'),
    openDead(66),
    open(68),
    list(68, 'tools'),
    open(84),
    list(84, 'tools'),
    openDead(99),
    open(102),
    list(102, 'tools'),
  ],
};

const scan = (at: number, method: string): Step => ({ at, does: 'scan', method });
const scanTool = (at: number, tool: string): Step => ({ at, does: 'scan', method: 'tools/call', tool });

const scanner: Profile = {
  name: 'scanner',
  behaviour: 'tries methods and tools that no server has, under ever new names',
  evidence: ['no log: the shape of internet-wide scans for JSON-RPC nodes'],
  client: { name: 'zgrab', version: '0.x' }, // never sent but in the User-Agent
  era: 'legacy',
  protocolVersion: '2025-03-26',
  sendsVersionHeader: false,
  capabilities: {},
  headers: { 'User-Agent': 'zgrab/0.x' },
  callMeta: {},
  opensStream: false,
  steps: [
    scan(2, 'eth_blockNumber'),
    scanTool(3, 'debug_traceTransaction'),
    scan(4, 'system.listMethods'),
    scanTool(21, 'execute_{noise}'),
    scan(22, 'rpc_{noise}'),
    scanTool(23, 'read_file_{noise}'),
    scan(50, 'admin_{noise}'),
    scanTool(51, 'run_{noise}'),
    scan(52, 'rpc.discover'),
    scanTool(90, 'debug_{noise}'),
    scan(91, 'eth_{noise}'),
    scanTool(92, 'shell_{noise}'),
  ],
};

/** Every client the simulator can play, in the order a table shows them. */
export const profiles: readonly Profile[] = [
  chatgpt2025,
  claude202603,
  chatgpt2026,
  modernStateless,
  reconnectLoop,
  scanner,
];
