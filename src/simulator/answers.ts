import { objectOr, textOf, type JsonObject } from './json.ts';
import { modernVersion } from './profile.ts';
import { quizResources, quizTools, type ServerRequest, type AppMemory, type QuizTool } from './quiz.ts';
import { createRandom, type Random } from './random.ts';

const legacyVersions: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

export type Era = 'legacy' | 'modern';

/** The app's answer to one request, the time it takes, and whether it comes on an event stream. */
export interface AppAnswer {
  readonly body:
    | { readonly result: JsonObject }
    | { readonly error: { readonly code: number; readonly message: string } };
  readonly ms: number;
  readonly streamed: boolean;
  /** Steps of progress that the app reports on a stream to a client that asked for progress; one by default. */
  readonly progress?: number;
  readonly asks?: ServerRequest;
}

/** What the app offers to its clients. */
export interface Offer {
  readonly version: string;
  readonly tools: readonly QuizTool[];
  /** Missing arguments are a JSON-RPC error, as older SDKs have it, and not a failure of the tool. */
  readonly refusesArguments?: true;
}

export type Answers = (method: string, params: JsonObject, era: Era, memory: AppMemory) => AppAnswer;

const capabilities = { tools: {}, resources: {} };
const DEFAULT_OFFER: Offer = { version: '1.4.0', tools: quizTools };

/**
 * The app's answers. Their latency, carrier and contents are random, but depend only on the seed, the method with its
 * target, and the number of earlier requests of this kind. What other clients do meanwhile changes nothing.
 */
export function createAnswers(seed: number, offer: Offer = DEFAULT_OFFER): Answers {
  const seen = new Map<string, number>();
  const { tools } = offer;
  const serverInfo = { name: 'quiz-server', version: offer.version };

  return (method, params, era, memory) => {
    const tool = method === 'tools/call' ? tools.find(({ name }) => name === params['name']) : undefined;
    const kind = tool === undefined ? method : `${method} ${tool.name}`;
    const answered = lookUp(method, params, era, tools, serverInfo);
    // Unknown names share one counter, so that a scanner cannot make the map grow.
    const counter = tool === undefined && answered === undefined ? 'unknown' : kind;
    const nth = seen.get(counter) ?? 0;
    seen.set(counter, nth + 1);
    const random = createRandom(seed, counter, nth);
    const ms = random.between(...(tool?.ms ?? latencies[method] ?? [1, 3]));
    const { progress, asks } = tool ?? {};
    const drawn = tool !== undefined && random.next() < 0.4;
    const streamed = drawn || progress !== undefined || asks !== undefined;
    const body =
      tool === undefined
        ? (answered ?? unknownMethod(method))
        : runTool(tool, params, memory, random, offer.refusesArguments === true);
    return {
      body: era === 'modern' && 'result' in body ? modern(method, body.result, serverInfo) : body,
      ms,
      streamed,
      ...(progress !== undefined && { progress }),
      ...(asks !== undefined && { asks }),
    };
  };
}

/** Milliseconds: from, to. `initialize` took 3 ms for one client and 30 ms for another. */
const latencies: Readonly<Record<string, readonly [number, number]>> = {
  initialize: [3, 30],
  'server/discover': [3, 9],
  'tools/list': [8, 14],
  'resources/list': [10, 16],
  'resources/read': [3, 6],
};

function lookUp(
  method: string,
  params: JsonObject,
  era: Era,
  tools: readonly QuizTool[],
  serverInfo: JsonObject,
): AppAnswer['body'] | undefined {
  switch (method) {
    case 'initialize': {
      if (era === 'modern') return undefined;
      const asked = textOf(params['protocolVersion']) ?? '';
      const protocolVersion = legacyVersions.includes(asked) ? asked : legacyVersions[0];
      return { result: { protocolVersion, capabilities, serverInfo, instructions: 'Ask for one question at a time.' } };
    }
    case 'server/discover':
      return { result: { supportedVersions: [modernVersion], capabilities } };
    case 'ping':
      return era === 'legacy' ? { result: {} } : undefined;
    case 'tools/list':
      return { result: { tools: tools.map(describeTool) } };
    case 'tools/call':
      return { error: { code: -32602, message: `Unknown tool: ${String(params['name'])}` } };
    case 'resources/list':
      return { result: { resources: quizResources.map(({ uri, name, mimeType }) => ({ uri, name, mimeType })) } };
    case 'resources/templates/list':
      return { result: { resourceTemplates: [] } };
    case 'resources/read': {
      const found = quizResources.find(({ uri }) => uri === params['uri']);
      // Revision 2026-07-28 dropped -32002.
      const code = era === 'modern' ? -32602 : -32002;
      if (found === undefined) return { error: { code, message: `Resource not found: ${String(params['uri'])}` } };
      const { uri, mimeType, text } = found;
      return { result: { contents: [{ uri, mimeType, text }] } };
    }
    default:
      return undefined;
  }
}

function unknownMethod(method: string): AppAnswer['body'] {
  return { error: { code: -32601, message: `Method not found: ${method}` } };
}

function describeTool({ name, description, inputSchema, readOnly }: QuizTool): JsonObject {
  return { name, description, inputSchema, annotations: { readOnlyHint: readOnly } };
}

function runTool(
  tool: QuizTool,
  params: JsonObject,
  memory: AppMemory,
  random: Random,
  refuses: boolean,
): AppAnswer['body'] {
  const given = objectOr(params['arguments']);
  const required = Array.isArray(tool.inputSchema['required']) ? tool.inputSchema['required'] : [];
  const missing = required.filter((name) => !(String(name) in given));
  if (missing.length > 0 && refuses) return { error: { code: -32602, message: `Missing: ${missing.join(', ')}` } };
  const answer =
    missing.length > 0
      ? { text: `Missing: ${missing.join(', ')}`, isError: true, structured: undefined }
      : tool.run(given, memory, random);
  return {
    result: {
      content: [{ type: 'text', text: answer.text }],
      ...(answer.structured !== undefined && { structuredContent: answer.structured }),
      ...(answer.isError === true && { isError: true }),
    },
  };
}

function modern(method: string, result: JsonObject, serverInfo: JsonObject): AppAnswer['body'] {
  const caching = method === 'tools/call' ? {} : { ttlMs: 60_000, cacheScope: 'public' };
  const _meta = { 'io.modelcontextprotocol/serverInfo': serverInfo };
  return { result: { resultType: 'complete', ...result, ...caching, _meta } };
}
