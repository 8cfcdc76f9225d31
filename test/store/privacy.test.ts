import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hashId } from '../../src/session/privacy.ts';
import { failure, notification, request, result, toolCall } from '../support/conversation.ts';
import { readerOf, startRig, temporaryFolder, type Rig, type RigOptions } from './store-rig.ts';

const SECRET = {
  argument: 'mk-argument',
  result: 'mk-result',
  error: 'mk-error-message',
  data: 'mk-error-data',
  uri: 'mk-uri-path',
  token: 'mk-credential',
  path: 'mk-path',
  query: 'mk-query',
  agent: 'mk-agent-comment',
  progress: 'mk-progress',
  cancel: 'mk-cancel-reason',
  elicited: 'mk-elicited',
  description: 'mk-description',
  instructions: 'mk-instructions',
};
const PERSON = 'bob@example.org';
const ID = { session: 'mk-session-id', conversation: 'mk-conversation-id' };

/** A conversation with something secret wherever there is room for it. */
function speak({ talk }: Rig): void {
  const headers = {
    'Mcp-Session-Id': ID.session,
    Authorization: `Bearer ${SECRET.token}`,
    'User-Agent': `agent/1.0 (${SECRET.agent} 12345)`,
  };
  const about = { _meta: { 'openai/session': ID.conversation, progressToken: 'p' } };
  talk.ask(
    request(1, 'initialize', { protocolVersion: '2025-11-25', clientInfo: { name: 'openai-mcp' }, ...about }),
    result(1, { protocolVersion: '2025-11-25', instructions: SECRET.instructions }),
    { Authorization: headers.Authorization },
    { 'Mcp-Session-Id': ID.session },
  );
  talk.ask(
    request(2, 'tools/list'),
    result(2, { tools: [{ name: 'quiz', description: SECRET.description }] }),
    headers,
  );
  talk
    .send({
      path: `/mcp/${SECRET.path}?key=${SECRET.query}`,
      headers,
      body: toolCall(3, 'quiz', { arguments: { text: SECRET.argument }, ...about }),
    })
    .answer(200, result(3, { content: [{ type: 'text', text: SECRET.result }] }));
  talk.ask(
    toolCall(4, 'quiz', { arguments: { password: 'mk-password' } }),
    failure(4, -32_000, `${SECRET.error} for ${PERSON}`),
    headers,
  );
  talk.ask(request(5, 'resources/read', { uri: `file://host/${SECRET.uri}` }), result(5), headers);
  const call = talk.post(toolCall(6, 'quiz', about), headers);
  call.stream();
  call.event(notification('notifications/progress', { progressToken: 'p', progress: 1, message: SECRET.progress }));
  call.event(request('s1', 'elicitation/create', { message: SECRET.elicited }));
  talk.post(notification('notifications/cancelled', { requestId: 6, reason: SECRET.cancel }), headers).answer(202);
  call.close();
}

/** All bytes of the store's files, after the conversation. */
function bytesAfter(options: RigOptions): { text: string; path: string; folder: ReturnType<typeof temporaryFolder> } {
  const folder = temporaryFolder();
  const rig = startRig(folder.in('store.db'), options);
  speak(rig);
  rig.store.flush();
  const files = ['', '-wal', '-shm'].map((end) => `${rig.path}${end}`).filter((file) => existsSync(file));
  const text = files.map((file) => readFileSync(file, 'latin1')).join('');
  rig.store.close();
  return { text, path: rig.path, folder };
}

const leaked = (text: string, strings: object): string[] =>
  Object.values(strings).filter((each: string) => text.includes(each));

describe('what is in the store', () => {
  it('is no payload, no credential and nothing personal, by default', () => {
    const { text, folder } = bytesAfter({});
    using _ = folder;
    // What an error says is kept, redacted: the record does not leave the machine.
    // So are definitions of tools.
    expect(leaked(text, SECRET).toSorted()).toEqual([SECRET.description, SECRET.error].toSorted());
    expect(text).toContain('for {redacted}');
    expect(text).toContain('file://host');
    expect(text).not.toContain(PERSON);
    expect(leaked(text, ID)).toEqual(Object.values(ID));
  });

  it('is what --capture names, with secrets taken out, and no more', () => {
    const { text, folder } = bytesAfter({
      capture: ['arguments', 'results'] as const,
      privacy: { capture: ['errors', 'arguments', 'results', 'uris'] },
    });
    using _ = folder;
    const { argument, result: answer, error, uri, description } = SECRET;
    expect(leaked(text, SECRET).toSorted()).toEqual([argument, answer, error, uri, description].toSorted());
    expect(text).not.toContain('mk-password');
  });

  it('is no id as it was sent, with --hash-ids; whoever knows one finds its session', () => {
    const { text, path, folder } = bytesAfter({ privacy: { hashIds: true } });
    using _ = folder;
    expect(leaked(text, ID)).toEqual([]);
    using reader = readerOf(path);
    const [found, ...more] = reader.findSessions(ID.session);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ id: hashId(ID.session), conversation: hashId(ID.conversation), client: 'chatgpt' });
    expect(reader.findSessions(hashId(ID.session).slice(0, 6))).toEqual([found]);
  });
});
