import type { Profile } from './profile.ts';
import { call, list, open, perCall } from './steps.ts';

/** Apps SDK reference, "_meta fields the client provides": all of these on tool calls only. */
const openaiCallMeta = {
  'openai/session': 'v1/{conversation}', // "Anonymized conversation id"; its shape: pragmalabs.tech, part 2
  'openai/subject': 'v1/{user}', // "Anonymized user id"
  'openai/userAgent': 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36',
  'openai/locale': 'en-US',
  'openai/userLocation': { city: 'Utrecht', region: 'Utrecht', country: 'NL', timezone: 'Europe/Amsterdam' },
};

export const chatgpt2025: Profile = {
  name: 'chatgpt-2025',
  behaviour: 'a new session for every tool call, never deleted',
  evidence: {
    client: 'php-mcp/laravel #28',
    protocolVersion: 'assumed: the latest revision of its time',
    headers: 'ext-apps #647',
    callMeta: 'Apps SDK reference; pragmalabs.tech, part 2',
    opensStream: 'assumed: no log mentions a GET',
    deletesSession: 'openai-apps-sdk-examples #201: "No DELETE is ever sent"',
    steps: 'openai-apps-sdk-examples #165, #201; community.openai.com 1380087',
  },
  client: { name: 'openai-mcp', version: '1.0.0' },
  era: 'legacy',
  protocolVersion: '2025-06-18',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': 'openai-mcp/1.0.0' },
  callMeta: openaiCallMeta,
  opensStream: false,
  deletesSession: false,
  steps: [
    // mcpr's dashboard, spring 2026, shows 67 s between the first two calls. The later calls go on in the same way.
    ...perCall(0, 'create_matching_question'),
    ...perCall(67, 'submit_answer'),
    ...perCall(75, 'get_latest_answer'),
    ...perCall(86, 'create_cloze_question'),
    ...perCall(101, 'submit_answer'),
    ...perCall(112, 'get_latest_answer'),
  ],
};

export const chatgpt2026: Profile = {
  name: 'chatgpt-2026',
  behaviour: 'tool calls without handshake and without session id',
  evidence: {
    client: 'php-mcp/laravel #28; never sent: there is no handshake',
    protocolVersion: 'assumed: the latest revision with a handshake',
    headers: 'ext-apps #647; X-OpenAI-Session: Shellby log, August 2026',
    callMeta: 'Apps SDK reference; pragmalabs.tech, part 2',
    opensStream: 'assumed: no log mentions a GET',
    deletesSession: 'there is nothing to delete',
    steps: 'openai-apps-sdk-examples #201 (staff answer); ext-apps #647; documenso test log',
  },
  client: { name: 'openai-mcp', version: '1.0.0' },
  era: 'legacy',
  protocolVersion: '2025-11-25',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': 'openai-mcp/1.0.0', 'X-OpenAI-Session': 'v1/{conversation}' },
  callMeta: openaiCallMeta,
  opensStream: false,
  deletesSession: false,
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

/** OpenAI's Agents SDK for JavaScript, 0.20. */
export const openaiAgents: Profile = {
  name: 'openai-agents',
  behaviour: 'asks which era the server belongs to, keeps one session per agent, lists the tools at each run',
  evidence: {
    client: "wire trace of @openai/agents 0.20.0: the server's `name` option, version 1.0.0",
    protocolVersion: 'assumed: what the TypeScript SDK, which it uses, sends',
    headers: 'wire traces of Node clients',
    callMeta: 'wire trace of @openai/agents 0.20.0: none without a toolMetaResolver',
    opensStream: 'wire trace of the TypeScript SDK, which it uses',
    deletesSession: 'wire trace of @openai/agents 0.20.0',
    steps: 'wire trace of @openai/agents 0.20.0; its documentation of cacheToolsList',
  },
  client: { name: 'quiz-tools', version: '1.0.0' },
  era: 'either',
  protocolVersion: '2025-11-25',
  sendsVersionHeader: true,
  capabilities: {},
  headers: { 'User-Agent': 'node' },
  callMeta: {},
  opensStream: true,
  deletesSession: true,
  steps: [
    open(0),
    list(1, 'tools'),
    call(4, 'create_cloze_question'),
    call(9, 'create_matching_question'),
    list(40, 'tools'),
    call(43, 'submit_answer'),
    call(47, 'get_latest_answer'),
    list(80, 'tools'),
    call(84, 'submit_answer'),
    call(88, 'get_latest_answer'),
  ],
};
