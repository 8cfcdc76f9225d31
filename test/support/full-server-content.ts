import { fromJsonSchema, type CallToolResult, type McpServer } from '@modelcontextprotocol/server';

/** One red pixel. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
/** A WAV file without a sample. */
const WAV = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=';

/** What the suites ask of every tool and prompt: a description. */
export const described = (name: string): { description: string } => ({ description: name.replaceAll('_', ' ') });

export const text = (value: string): CallToolResult => ({ content: [{ type: 'text', text: value }] });

const image = { type: 'image', data: PNG, mimeType: 'image/png' } as const;

const embedded = (uri: string, mimeType: string, content: string) =>
  ({ type: 'resource', resource: { uri, mimeType, text: content } }) as const;

/** Tools that answer with every kind of content there is, and with an error. */
export function addContentTools(server: McpServer): void {
  const answers: Record<string, CallToolResult> = {
    test_simple_text: text('This is a simple text response for testing.'),
    test_image_content: { content: [image] },
    test_audio_content: { content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] },
    test_embedded_resource: {
      content: [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
    },
    test_multiple_content_types: {
      content: [
        { type: 'text', text: 'Multiple content types test:' },
        image,
        embedded('test://mixed-content-resource', 'application/json', JSON.stringify({ test: 'data', value: 123 })),
      ],
    },
    // Of a tool whose stream must carry nothing but the answer.
    test_streaming_elicitation: text('nothing was asked'),
  };
  for (const [name, answer] of Object.entries(answers)) {
    server.registerTool(name, described(name), () => answer);
  }
  server.registerTool('test_error_handling', { description: 'always fails' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  server.registerTool(
    'test_x_mcp_header',
    { description: 'has an argument that is a header too', inputSchema: fromJsonSchema<{ region?: string }>(MIRRORED) },
    ({ region }) => text(`region=${region ?? 'none'}`),
  );
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'has a schema with every keyword', inputSchema: fromJsonSchema(EVERY_KEYWORD) },
    (given) => text(JSON.stringify(given)),
  );
}

/** `region` is to be sent as the header `Mcp-Param-Region` too. */
const MIRRORED = {
  type: 'object',
  properties: { region: { type: 'string', 'x-mcp-header': 'Region' }, level: { type: 'integer' } },
} as const;

/** Keywords that a server which rebuilds its schemas would lose. */
const EVERY_KEYWORD = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // A keyword of JSON Schema, not of promises.
  // oxlint-disable-next-line unicorn/no-thenable
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
} as const;
