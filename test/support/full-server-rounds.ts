import { randomBytes, randomUUID } from 'node:crypto';
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  inputRequired,
  inputResponse,
  type CallToolResult,
  type InputRequest,
  type InputRequests,
  type InputRequiredResult,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { described, text } from './full-server-content.ts';

type Answer = CallToolResult | InputRequiredResult;
type Request = ServerContext['mcpReq'];

interface State {
  tool: string;
  nonce: string;
  round?: number;
  name?: string;
}

/** Seals what goes through the client and comes back; the key is the process's. */
export const requestState = createRequestStateCodec<State>({ key: randomBytes(32) });

const seal = (tool: string, more: Omit<State, 'tool' | 'nonce'> = {}): Promise<string> =>
  requestState.mint({ tool, nonce: randomUUID(), ...more });

const Name = z.object({ name: z.string() });
const Color = z.object({ color: z.string() });
const Envelope = z.object({ [CLIENT_CAPABILITIES_META_KEY]: z.record(z.string(), z.unknown()) });
const Confirmation = z.object({ ok: z.boolean() });

const askName = (message = 'What is your name?'): InputRequest =>
  inputRequired.elicit({ message, requestedSchema: Name });
const askConfirmation = (): InputRequest =>
  inputRequired.elicit({ message: 'Please confirm', requestedSchema: Confirmation });
const askModel = (prompt: string): InputRequest =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 50 });

/** What the client's model said, if it has been asked. */
function said({ inputResponses }: Request, key: string): string | undefined {
  const response = inputResponse(inputResponses, key);
  if (response.kind !== 'sampling') return undefined;
  const { content } = response.result;
  const [first] = Array.isArray(content) ? content : [content];
  return first?.type === 'text' ? first.text : JSON.stringify(content);
}

function rootsOf({ inputResponses }: Request, key: string): string[] | undefined {
  const response = inputResponse(inputResponses, key);
  return response.kind === 'roots' ? response.roots.map(({ uri }) => uri) : undefined;
}

/** Tools that need several rounds (2026-07-28): each answers with what it lacks, until the repeated call brings it. */
const TOOLS: Record<string, (request: Request) => Answer | Promise<Answer>> = {
  test_input_required_result_elicitation: ({ inputResponses }) => {
    const answer = acceptedContent(inputResponses, 'user_name', Name);
    return answer === undefined
      ? inputRequired({ inputRequests: { user_name: askName() } })
      : text(`Hello, ${answer.name}!`);
  },
  test_input_required_result_sampling: (request) => {
    const answer = said(request, 'capital_question');
    if (answer !== undefined) return text(`Sampling response: ${answer}`);
    return inputRequired({ inputRequests: { capital_question: askModel('What is the capital of France?') } });
  },
  test_missing_capability: (request) => {
    const answer = said(request, 'llm_answer');
    if (answer !== undefined) return text(answer);
    return inputRequired({ inputRequests: { llm_answer: askModel('Reply with the single word: pong') } });
  },
  test_input_required_result_list_roots: (request) => {
    const roots = rootsOf(request, 'client_roots');
    if (roots !== undefined) return text(`Client exposed ${roots.length} root(s): ${roots.join(', ')}`);
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  },
  test_input_required_result_request_state: async ({ inputResponses, requestState: stateOf }) => {
    if (acceptedContent(inputResponses, 'confirm', Confirmation) !== undefined && stateOf<State>() !== undefined) {
      return text('state-ok: requestState verified and confirmation received');
    }
    return inputRequired({ inputRequests: { confirm: askConfirmation() }, requestState: await seal('request_state') });
  },
  test_input_required_result_tampered_state: async ({ inputResponses, requestState: stateOf }) => {
    if (acceptedContent(inputResponses, 'confirm', Confirmation) !== undefined && stateOf<State>() !== undefined) {
      return text('integrity-ok: requestState verified');
    }
    return inputRequired({ inputRequests: { confirm: askConfirmation() }, requestState: await seal('tampered_state') });
  },
  test_input_required_result_multiple_inputs: async (request) => {
    const name = acceptedContent(request.inputResponses, 'user_name', Name)?.name;
    const greeting = said(request, 'greeting');
    const roots = rootsOf(request, 'client_roots');
    if (name !== undefined && greeting !== undefined && roots !== undefined) {
      return text(`${greeting} ${name}: ${roots.length} root(s) visible`);
    }
    return inputRequired({
      inputRequests: {
        user_name: askName(),
        greeting: askModel('Generate a greeting'),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await seal('multiple_inputs'),
    });
  },
  test_input_required_result_multi_round: async ({ inputResponses, requestState: stateOf }) => {
    const state = stateOf<State>();
    const [tool, round] = ['multi_round', state?.round ?? 0];
    if (round === 0) {
      const inputRequests = { step1: askName('Step 1: What is your name?') };
      return inputRequired({ inputRequests, requestState: await seal(tool, { round: 1 }) });
    }
    if (round === 1) {
      const name = acceptedContent(inputResponses, 'step1', Name)?.name ?? 'unknown';
      const message = 'Step 2: What is your favorite color?';
      const inputRequests = { step2: inputRequired.elicit({ message, requestedSchema: Color }) };
      return inputRequired({ inputRequests, requestState: await seal(tool, { round: 2, name }) });
    }
    const color = acceptedContent(inputResponses, 'step2', Color)?.color ?? 'unknown';
    return text(`Multi-round complete: ${state?.name ?? 'unknown'} likes ${color}`);
  },
  // It asks only for what this client says that it can give.
  test_input_required_result_capabilities: ({ inputResponses, envelope }) => {
    if (inputResponses !== undefined) return text('fulfilled');
    const { [CLIENT_CAPABILITIES_META_KEY]: declared } = Envelope.parse(envelope);
    const inputRequests: InputRequests = {
      ...('elicitation' in declared && { user_name: askName() }),
      ...('sampling' in declared && { greeting: askModel('Generate a short greeting') }),
      ...('roots' in declared && { client_roots: inputRequired.listRoots() }),
    };
    if (Object.keys(inputRequests).length === 0) return text('this client can be asked for nothing');
    return inputRequired({ inputRequests });
  },
};

/** The tools, and a prompt, that need more than one round. */
export function addRounds(server: McpServer): void {
  for (const [name, answer] of Object.entries(TOOLS)) {
    server.registerTool(name, { ...described(name), inputSchema: z.object({}) }, (_, { mcpReq }) => answer(mcpReq));
  }
  const prompt = 'test_input_required_result_prompt';
  server.registerPrompt(prompt, { ...described(prompt), argsSchema: z.object({}).optional() }, (_, { mcpReq }) => {
    const Context = z.object({ context: z.string() });
    const answer = acceptedContent(mcpReq.inputResponses, 'user_context', Context);
    if (answer === undefined) {
      const question = { message: 'What context should the prompt use?', requestedSchema: Context };
      return inputRequired({ inputRequests: { user_context: inputRequired.elicit(question) } });
    }
    const content = { type: 'text' as const, text: `Use the following context: ${answer.context}` };
    return { messages: [{ role: 'user', content }] };
  });
}
