import { readAnswer, type FieldLine } from '../support/http-message.ts';
import { connectRaw } from '../support/raw.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { answer, chunk, LAST_CHUNK, STREAM_HEAD } from '../transparency/traffic.ts';
import { ID, REDACTED, SECRET } from './secrets.ts';

type Fields = Readonly<Record<string, unknown>>;

const SESSION = `Mcp-Session-Id: ${ID.session}`;
const URI = `https://${SECRET.uriUser}:pw@files.example/${SECRET.uri}/notes.txt?x=${SECRET.uri}`;

const ARGUMENTS = {
  text: SECRET.argument,
  [SECRET.argumentName]: true,
  password: REDACTED.password,
  auth: { api_token: REDACTED.apiToken, note: `Bearer ${REDACTED.bearer} and more` },
  credentials: { deep: [REDACTED.nested] },
};

const RESULTS: Readonly<Record<string, Fields>> = {
  initialize: {
    protocolVersion: '2025-11-25',
    serverInfo: { name: 'quiz-server', version: '1.0.0' },
    instructions: SECRET.instructions,
  },
  'tools/list': { tools: [{ name: 'quiz', description: SECRET.description }, { name: 'ask' }, { name: 'fail' }] },
  'tools/call': {
    content: [{ type: 'text', text: SECRET.result }],
    structuredContent: { answer: SECRET.structured, secret: REDACTED.nested },
  },
  'resources/read': { contents: [{ uri: URI, text: SECRET.resourceText }] },
  'prompts/get': { messages: [{ role: 'user', content: { type: 'text', text: SECRET.promptText } }] },
};

/** The id of the request that is answered with another definition of a tool. */
const CHANGED_ID = 13;
const CHANGED = {
  tools: [{ name: 'quiz', description: `${SECRET.description} and more` }, { name: 'ask' }, { name: 'fail' }],
};

/** Fields of a request as they reached the upstream. */
export interface Forwarded {
  line: string;
  fields: readonly FieldLine[];
}

export interface Quiz {
  upstream: Upstream;
  forwarded: readonly Forwarded[];
}

/** A server whose every answer holds something personal. */
export async function startQuiz(): Promise<Quiz> {
  const forwarded: Forwarded[] = [];
  const elicited = Promise.withResolvers<void>();
  const upstream = await startUpstream(async ({ method, target, fields, body, wire }) => {
    forwarded.push({ line: `${method} ${target}`, fields });
    const text = (await body()).bytes.toString();
    const granted = grantOf(target, fields);
    if (granted !== undefined) return wire.send(granted);
    const own = [`Set-Cookie: s=${SECRET.setCookie}`, `X-Answer: ${SECRET.answerHeader}`];
    const json = (value: Fields, more: readonly string[] = []) =>
      wire.send(answer('200 OK', JSON.stringify(value), ['Content-Type: application/json', ...own, ...more]));
    if (text === '') return wire.send(answer('404 Not Found', SECRET.httpError, own));
    // The conversation below holds messages with these members only.
    const message = JSON.parse(text) as { id?: number; method?: string; params?: { name?: string } };
    const { id } = message;
    if (message.method === undefined && 'result' in message) {
      elicited.resolve();
      return wire.send(answer('202 Accepted', '', own));
    }
    if (id === undefined) return wire.send(answer('202 Accepted', '', own));
    if (message.method === 'initialize') {
      return json({ jsonrpc: '2.0', id, result: RESULTS['initialize'] }, [`Mcp-Session-Id: ${ID.session}`]);
    }
    if (message.params?.name === 'refused') {
      return wire.send(answer('401 Unauthorized', JSON.stringify({ error_description: SECRET.httpError }), own));
    }
    if (message.params?.name === 'fail') {
      const content = [{ type: 'text', text: `${SECRET.toolError} Bearer ${REDACTED.bearer}` }];
      return json({ jsonrpc: '2.0', id, result: { isError: true, content } });
    }
    if (message.params?.name === 'break') {
      const error = { code: -32_603, message: SECRET.errorMessage, data: { trace: SECRET.errorData } };
      return json({ jsonrpc: '2.0', id, error });
    }
    if (message.params?.name === 'ask') {
      await wire.send(STREAM_HEAD);
      const event = (value: Fields) => wire.send(chunk(`data: ${JSON.stringify({ jsonrpc: '2.0', ...value })}\n\n`));
      await event({
        method: 'notifications/message',
        params: { level: 'info', logger: SECRET.logger, data: SECRET.logData },
      });
      await event({
        method: 'notifications/progress',
        params: { progressToken: 'p', progress: 1, message: SECRET.progress },
      });
      await event({ id: 1, method: 'elicitation/create', params: { message: SECRET.elicitation } });
      await elicited.promise;
      await event({ id, result: RESULTS['tools/call'] });
      return wire.send(LAST_CHUNK);
    }
    const result = id === CHANGED_ID ? CHANGED : RESULTS[message.method ?? ''];
    return json({ jsonrpc: '2.0', id, result: result ?? { value: SECRET.result } });
  });
  return { upstream, forwarded };
}

/** The agent of a client that has to sign in. */
const SIGNER = 'signer/1.0';
const METADATA = `/.well-known/oauth-protected-resource/${SECRET.oauthPath}`;
const CHALLENGE = `WWW-Authenticate: Bearer realm="${SECRET.oauthRealm}", error="${SECRET.oauthError}", resource_metadata="http://localhost${METADATA}"`;

/** What the server answers to somebody who signs in; undefined: it is about something else. */
function grantOf(target: string, fields: readonly FieldLine[]): string | Buffer | undefined {
  const [path = ''] = target.split('?');
  const own = [`Set-Cookie: s=${SECRET.setCookie}`];
  const json = (status: string, value: Fields) =>
    answer(status, JSON.stringify(value), ['Content-Type: application/json', ...own]);
  switch (path) {
    case METADATA:
      return json('200 OK', { resource: SECRET.oauthIssuer, authorization_servers: [`https://${SECRET.oauthIssuer}`] });
    case '/.well-known/oauth-authorization-server':
      return json('200 OK', { issuer: SECRET.oauthIssuer });
    case '/register':
      return json('201 Created', { client_id: SECRET.oauthClientId, client_secret: SECRET.oauthClientSecret });
    case '/authorize':
      return answer('302 Found', '', [...own, `Location: http://${SECRET.oauthRedirect}/?code=${SECRET.oauthCode}`]);
    case '/token':
      return json('200 OK', { access_token: SECRET.oauthToken, refresh_token: SECRET.oauthRefreshToken });
    default:
      return fields.some(([name, value]) => name === 'User-Agent' && value === SIGNER)
        ? answer('401 Unauthorized', `{"error":"${SECRET.oauthError}"}`, [...own, CHALLENGE])
        : undefined;
  }
}

/** Signs in, and is refused with its token: a journey that is told of. */
async function signIn(port: number): Promise<void> {
  const send = async (method: string, path: string, body: string, fields: readonly string[] = []): Promise<void> => {
    await using wire = await connectRaw(port);
    const head = [`${method} ${path} HTTP/1.1`, 'Host: localhost', `User-Agent: ${SIGNER}`, ...fields];
    await wire.send([...head, `Content-Length: ${body.length}`, '', body].join('\r\n'));
    await readAnswer(wire);
  };
  const hello = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { clientInfo: { name: 'signer' } },
  });
  const form = new URLSearchParams({
    code: SECRET.oauthCode,
    code_verifier: SECRET.oauthVerifier,
    client_id: SECRET.oauthClientId,
    client_secret: SECRET.oauthClientSecret,
    redirect_uri: SECRET.oauthRedirect,
    scope: SECRET.oauthScope,
  }).toString();
  const JSON_BODY = 'Content-Type: application/json';
  await send('POST', '/mcp', hello, [JSON_BODY]);
  await send('GET', METADATA, '');
  await send('GET', '/.well-known/oauth-authorization-server', '');
  await send('POST', '/register', JSON.stringify({ redirect_uris: [SECRET.oauthRedirect] }), [JSON_BODY]);
  await send('GET', `/authorize?state=${SECRET.oauthState}&client_id=${SECRET.oauthClientId}`, '');
  await send('POST', '/token', form, ['Content-Type: application/x-www-form-urlencoded']);
  await send('POST', '/mcp', hello, [JSON_BODY, `Authorization: Bearer ${SECRET.oauthToken}`]);
}

const FIELDS = [
  'Host: localhost',
  'Content-Type: application/json',
  `User-Agent: acme-agent/1.0 (contact: ${SECRET.agentComment}@example.org) key=${SECRET.agentOdd}`,
  `Authorization: Bearer ${SECRET.authorization}`,
  `X-Api-Key: ${SECRET.apiKey}`,
  `Cookie: s=${SECRET.cookie}`,
  `X-Unknown: ${SECRET.header}`,
  `baggage: user=${SECRET.baggage}`,
];

function requestText(body: Fields | undefined, path: string, fields: readonly string[]): string {
  const text = body === undefined ? '' : JSON.stringify({ jsonrpc: '2.0', ...body });
  const line = `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1`;
  return [line, ...FIELDS, ...fields, `Content-Length: ${text.length}`, '', text].join('\r\n');
}

async function ask(port: number, body: Fields | undefined, path = '/mcp', fields: readonly string[] = [SESSION]) {
  await using wire = await connectRaw(port);
  await wire.send(requestText(body, path, fields));
  await readAnswer(wire);
}

/** Says something personal wherever the protocol lets one. */
export async function converse(port: number): Promise<void> {
  await signIn(port);
  const call = (id: number, name: string, more: Fields = {}) =>
    ask(port, { id, method: 'tools/call', params: { name, arguments: ARGUMENTS, ...more } });
  const info = { name: 'acme-agent', version: '1.0' };
  const capabilities = { experimental: { note: SECRET.metaOther } };
  await ask(port, { id: 1, method: 'initialize', params: { clientInfo: info, capabilities } }, '/mcp', []);
  await ask(port, { method: 'notifications/initialized' });
  await ask(port, { id: 2, method: 'tools/list' });
  await call(3, 'quiz', {
    _meta: {
      'openai/session': ID.conversation,
      'openai/userLocation': { city: SECRET.location },
      'openai/subject': SECRET.subject,
      'openai/userAgent': SECRET.deviceAgent,
      'claudecode/toolUseId': ID.toolCall,
      'com.acme/other': SECRET.metaOther,
    },
  });
  await call(4, 'fail');
  await call(5, 'break');
  await call(6, 'refused');
  await call(7, 'quiz', { requestState: SECRET.requestState, inputResponses: { a: { text: SECRET.inputResponse } } });
  await ask(port, { id: 8, method: 'resources/read', params: { uri: URI } });
  await ask(port, { id: 9, method: 'prompts/get', params: { name: 'tell', arguments: { a: SECRET.promptArgument } } });
  const argument = { name: 'word', value: SECRET.completion };
  await ask(port, {
    id: 10,
    method: 'completion/complete',
    params: { ref: { type: 'ref/prompt', name: 'tell' }, argument },
  });
  await ask(port, { id: CHANGED_ID, method: 'tools/list' });
  await ask(port, { method: 'notifications/cancelled', params: { requestId: 99, reason: SECRET.cancelReason } });
  await ask(port, { id: 11, method: 'tools/list' }, `/users/${SECRET.path}/mcp?key=${SECRET.query}`);
  await ask(port, undefined, `/files/${SECRET.path}?key=${SECRET.query}`, []);
  await ask(port, { hello: SECRET.unread });
  await using asking = await connectRaw(port);
  const params = { name: 'ask', arguments: ARGUMENTS, _meta: { progressToken: 'p' } };
  await asking.send(requestText({ id: 12, method: 'tools/call', params }, '/mcp', [SESSION]));
  await asking.readThrough('elicitation/create');
  await ask(port, { id: 1, result: { action: 'accept', content: { name: SECRET.elicitationAnswer } } });
  await asking.readThrough(LAST_CHUNK);
}
