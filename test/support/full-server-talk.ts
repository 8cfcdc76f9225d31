import { setTimeout as delay } from 'node:timers/promises';
import type { ElicitRequestFormParams, McpServer, ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { described, text } from './full-server-content.ts';

const none = z.object({});
const STEP_MS = 20;

/** Tools that say something, or ask the client for something, before they answer: as servers did before 2026-07-28. */
export function addTalkingTools(server: McpServer): void {
  server.registerTool(
    'test_tool_with_logging',
    { ...described('test_tool_with_logging'), inputSchema: none },
    async (_, { mcpReq }) => {
      for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data } });
        await delay(STEP_MS);
      }
      return text('Tool with logging executed successfully');
    },
  );
  // Heard only by a client that asked for this level with the request.
  server.registerTool(
    'test_logging_tool',
    { ...described('test_logging_tool'), inputSchema: none },
    async (_, { mcpReq }) => {
      await mcpReq.log('info', 'test_logging_tool ran');
      return text('logged');
    },
  );
  server.registerTool(
    'test_tool_with_progress',
    { ...described('test_tool_with_progress'), inputSchema: none },
    async (_, { mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      if (progressToken === undefined) return text('no token');
      for (const progress of [0, 50, 100]) {
        const params = { progressToken, progress, total: 100, message: `Completed step ${progress} of 100` };
        await mcpReq.notify({ method: 'notifications/progress', params });
        await delay(STEP_MS);
      }
      return text(String(progressToken));
    },
  );
  // The stream is cut while the call goes on; its answer waits for the client to come back.
  server.registerTool(
    'test_reconnection',
    { ...described('test_reconnection'), inputSchema: none },
    async (_, { http }) => {
      http?.closeSSE?.();
      await delay(100);
      return text('Reconnection test completed successfully');
    },
  );
  server.registerTool(
    'test_sampling',
    { ...described('test_sampling'), inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const { content } = await mcpReq.send({
        method: 'sampling/createMessage',
        params: { messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 },
      });
      const [first] = Array.isArray(content) ? content : [content];
      return text(`LLM response: ${first?.type === 'text' ? first.text : 'no text'}`);
    },
  );
  server.registerTool(
    'test_elicitation',
    { ...described('test_elicitation'), inputSchema: z.object({ message: z.string() }) },
    async ({ message }, { mcpReq }) => {
      return text(`User response: ${await elicit(mcpReq, { message, requestedSchema: RESPONSE })}`);
    },
  );
  for (const [name, requestedSchema] of Object.entries(FORMS)) {
    server.registerTool(name, { ...described(name), inputSchema: none }, async (_, { mcpReq }) => {
      return text(`Elicitation completed: ${await elicit(mcpReq, { message: 'Please fill it in', requestedSchema })}`);
    });
  }
}

/**
 * `mcpReq.elicitInput` would ask on the session's own stream, and so in vain when the client has not opened it yet; this
 * asks on the stream that the call is answered on.
 */
async function elicit({ send }: ServerContext['mcpReq'], params: ElicitRequestFormParams): Promise<string> {
  const { action, content = {} } = await send({ method: 'elicitation/create', params: { ...params } });
  return `action=${action}, content=${JSON.stringify(content)}`;
}

const RESPONSE: ElicitRequestFormParams['requestedSchema'] = {
  type: 'object',
  properties: { response: { type: 'string' } },
  required: ['response'],
};

const FORMS: Record<string, ElicitRequestFormParams['requestedSchema']> = {
  test_elicitation_sep1034_defaults: {
    type: 'object',
    properties: {
      name: { type: 'string', default: 'John Doe' },
      age: { type: 'integer', default: 30 },
      score: { type: 'number', default: 95.5 },
      status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
      verified: { type: 'boolean', default: true },
    },
  },
  test_elicitation_sep1330_enums: {
    type: 'object',
    properties: {
      untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
      titledSingle: {
        type: 'string',
        oneOf: [
          { const: 'value1', title: 'First Option' },
          { const: 'value2', title: 'Second Option' },
          { const: 'value3', title: 'Third Option' },
        ],
      },
      legacyEnum: {
        type: 'string',
        enum: ['opt1', 'opt2', 'opt3'],
        enumNames: ['Option One', 'Option Two', 'Option Three'],
      },
      untitledMulti: {
        type: 'array',
        minItems: 1,
        maxItems: 3,
        items: { type: 'string', enum: ['option1', 'option2', 'option3'] },
      },
      titledMulti: {
        type: 'array',
        minItems: 1,
        maxItems: 3,
        items: {
          anyOf: [
            { const: 'value1', title: 'First Choice' },
            { const: 'value2', title: 'Second Choice' },
            { const: 'value3', title: 'Third Choice' },
          ],
        },
      },
    },
  },
};
