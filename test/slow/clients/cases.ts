import { callsOf, CALLS, LEGACY, MODERN, PROBED, under } from './expected.ts';

/** The servers: of sessions and resumable streams; of both eras, without sessions; of 2024-11-05. */
export type Server = 'everything' | 'dual-era' | 'everything-sse';

export interface Client {
  readonly client: string;
  /** Whose version it has. One of the repository's own, or of package.json beside this file. */
  readonly package: string;
  readonly from: 'repository' | 'cache';
  readonly script: string;
  readonly options: object;
}

/** A client against a server, and what has to be told of it. */
export interface Case extends Client {
  readonly server: Server;
  readonly trace: readonly string[];
  readonly verdict: string;
  /** It sends what it has without waiting: which of two requests comes first is up to their connections. */
  readonly hasty?: boolean;
}

export const sdkV1 = (transport: string): Client => ({
  client: 'TypeScript SDK v1',
  package: '@modelcontextprotocol/sdk',
  from: 'repository',
  script: 'sdk-v1',
  options: { transport },
});
const sdkV2 = (mode: string): Client => ({
  client: `TypeScript SDK v2, ${mode}`,
  package: '@modelcontextprotocol/client',
  from: 'repository',
  script: 'sdk-v2',
  options: { mode },
});
export const aiSdk = (name: string, transport: string): Client => ({
  client: 'Vercel AI SDK',
  package: name,
  from: 'cache',
  script: 'ai-sdk',
  options: { package: name, transport },
});
export const langchain = (transport: string): Client => ({
  client: 'LangChain JS',
  package: '@langchain/mcp-adapters',
  from: 'cache',
  script: 'langchain',
  options: { transport },
});
export const agents: Client = {
  client: 'OpenAI Agents JS',
  package: '@openai/agents',
  from: 'cache',
  script: 'openai-agents',
  options: {},
};
export const mastra: Client = {
  client: 'Mastra',
  package: '@mastra/mcp',
  from: 'cache',
  script: 'mastra',
  options: {},
};
export const inspector = (transport: string, era = 'legacy'): Client => ({
  client: `Inspector CLI, ${era}`,
  package: '@modelcontextprotocol/inspector',
  from: 'cache',
  script: 'inspector',
  options: { transport, args: ['--protocol-era', era] },
});
export const remote: Client = {
  client: 'mcp-remote',
  package: 'mcp-remote',
  from: 'cache',
  script: 'mcp-remote',
  options: {},
};

/** One that begins with `initialize` wherever it is. */
const legacy = (client: Client, ...servers: Server[]): Case[] =>
  servers.map((server) => ({
    ...client,
    server,
    trace: LEGACY,
    verdict: server === 'dual-era' ? 'sessionless' : 'reusing',
  }));

/** One that asks with `server/discover` first. */
const probing = (client: Client): Case[] => [
  { ...client, server: 'everything', trace: PROBED, verdict: 'reusing' },
  { ...client, server: 'dual-era', trace: MODERN, verdict: 'modern' },
];

/** The Inspector is a process for each request: first it lists the tools, then it calls one. */
const inspecting = (calls: number, ...before: string[]): string[][] =>
  Array.from({ length: calls + 1 }, (_, index) => [...before, ...callsOf(index === 0 ? 0 : 1)]);
const SET_LEVEL = ['initialize', 'notifications/initialized', 'logging/setLevel', 'tools/list'];
const SESSIONS = inspecting(CALLS, ...SET_LEVEL).flatMap((methods) => under(...methods));

/** What the bridge asks to learn whether an endpoint answers. */
const THROWN_AWAY = under('initialize', 'notifications/initialized');

export const CASES: readonly Case[] = [
  ...legacy(sdkV1('http'), 'everything', 'dual-era'),
  ...legacy(sdkV1('sse'), 'everything-sse'),
  ...legacy(sdkV2('legacy'), 'everything', 'dual-era'),
  ...probing(sdkV2('auto')),
  { ...sdkV2('modern'), server: 'dual-era', trace: MODERN, verdict: 'modern' },
  { ...remote, hasty: true, server: 'everything', trace: [...THROWN_AWAY, ...LEGACY], verdict: 'reusing' },
  {
    ...remote,
    hasty: true,
    server: 'dual-era',
    trace: [...THROWN_AWAY, ...LEGACY],
    verdict: 'sessionless',
  },
  // Streamable HTTP is tried, and refused, first.
  { ...remote, hasty: true, server: 'everything-sse', trace: ['initialize SERVER', ...LEGACY], verdict: 'reusing' },
  { ...inspector('http'), server: 'everything', trace: SESSIONS, verdict: 'per-call' },
  { ...inspector('sse'), server: 'everything-sse', trace: SESSIONS, verdict: 'per-call' },
  {
    ...inspector('http', 'auto'),
    server: 'everything',
    trace: inspecting(CALLS, ...SET_LEVEL).flatMap((methods) => under('server/discover', ...methods)),
    verdict: 'per-call',
  },
  {
    ...inspector('http', 'auto'),
    server: 'dual-era',
    trace: under(...inspecting(CALLS, 'server/discover', 'subscriptions/listen', 'tools/list', 'tools/list').flat()),
    verdict: 'modern',
  },
  ...legacy(aiSdk('ai-sdk-mcp-1', 'http'), 'everything', 'dual-era'),
  ...legacy(aiSdk('ai-sdk-mcp-1', 'sse'), 'everything-sse'),
  ...probing(aiSdk('@ai-sdk/mcp', 'http')),
  ...legacy(aiSdk('@ai-sdk/mcp', 'sse'), 'everything-sse'),
  ...legacy(langchain('http'), 'everything', 'dual-era'),
  ...legacy(langchain('sse'), 'everything-sse'),
  ...probing(agents),
  ...probing(mastra),
];
