import { hash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { hashId } from '../src/session/privacy.ts';
import { record, type Record } from './privacy/proxy-process.ts';
import { ID, REDACTED, SECRET } from './privacy/secrets.ts';
import { rowsOf, temporaryFolder } from './store/store-rig.ts';

const SIGNALS = ['/v1/traces', '/v1/metrics', '/v1/logs'];

/** What failed calls said, which the local record keeps. */
const SAID = { toolError: SECRET.toolError, errorMessage: SECRET.errorMessage };
/** Definitions of tools are in the local record, too. */
const DEFINED = { description: SECRET.description };
const REST = Object.fromEntries(Object.entries(SECRET).filter(([name]) => !(name in SAID) && !(name in DEFINED)));

/** Which of these strings are in what left the machine, in what is kept on it, or in what people are told. */
function leaked({ receiver, said, page, store, journeys }: Record, strings: object): string[] {
  const bodies = [...receiver.raw, ...store].map((body) => body.toString('latin1'));
  const places = [...bodies, said, journeys, ...page.values()];
  return Object.values(strings).filter((secret: string) => places.some((place) => place.includes(secret)));
}

/** Where a string is in spans: attribute names, `name`, or `status`. It must be nowhere else. */
function placesOf({ receiver }: Record, secret: string): string[] {
  const has = (value: unknown) => String(value).includes(secret);
  const found = new Set<string>();
  for (const span of receiver.spans) {
    if (has(span.name)) found.add('name');
    if (has(span.status.message)) found.add('status');
    for (const [name, value] of Object.entries(span.attributes)) if (has(value)) found.add(`${span.name}: ${name}`);
    for (const event of span.events) if (has(JSON.stringify(event.attributes)) || has(event.name)) found.add('event');
  }
  const signals = JSON.stringify([receiver.metrics, receiver.logs], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  if (signals.includes(secret)) found.add('a metric or a log');
  return [...found].toSorted();
}

describe('by default', () => {
  let recorded: Record;
  beforeAll(async () => {
    recorded = await record([]);
  });

  it('all three signals arrive, and the process ends well', () => {
    const { receiver, exitCode } = recorded;
    expect(SIGNALS.filter((path) => receiver.requests.some((request) => request.path === path))).toEqual(SIGNALS);
    const names = receiver.spans.map(({ name }) => name);
    for (const name of [
      'mcp.session',
      'tools/call quiz',
      'elicitation/create',
      'resources/read',
      'mcp.session.summary',
    ])
      expect(names).toContain(name);
    expect(exitCode).toBe(0);
  });

  it('no payload, credential or personal datum is in an exported byte, a kept one, or in what is said [OTEL-PRIVACY-1]', () => {
    expect(leaked(recorded, REST)).toEqual([]);
    expect(leaked(recorded, REDACTED)).toEqual([]);
  });

  it('an attempt to connect is told of, and nothing of its sign-in but stages and statuses', () => {
    const { receiver, journeys } = recorded;
    expect(receiver.spans.map(({ name }) => name)).toContain('mcp.connect return');
    expect(journeys).toContain('its token was refused (HTTP 401, other)');
  });

  it('what failed calls said is in the record on this machine, redacted, and in nothing that leaves it', () => {
    const { page, store, receiver, said } = recorded;
    for (const message of Object.values(SAID)) {
      expect(store.some((file) => file.includes(message))).toBe(true);
      expect(page.get('errors')).toContain(message);
      expect([...receiver.raw.map((body) => body.toString('latin1')), said].join('')).not.toContain(message);
      expect(placesOf(recorded, message)).toEqual([]);
    }
    expect(page.get('errors')).toContain(`${SECRET.toolError} {redacted}`);
  });

  it('definitions of tools are in the record on this machine, and in nothing that leaves it', () => {
    const { page, store, receiver, said } = recorded;
    const { description } = SECRET;
    expect(store.some((file) => file.includes(description))).toBe(true);
    expect(page.get('tools?change=1')).toContain(description);
    expect([...receiver.raw.map((body) => body.toString('latin1')), said].join('')).not.toContain(description);
    expect(placesOf(recorded, description)).toEqual([]);
    const changes = receiver.logs.filter(({ eventName }) => eventName === 'mcpspan.tools.changed');
    expect(changes.map(({ attributes }) => attributes['mcpspan.changes'])).toEqual([['description']]);
    expect(receiver.metrics.map(({ name }) => name)).toContain('mcpspan.tools.changes');
  });

  it('the record and the page hold what happened, and no more', () => {
    const { page, store } = recorded;
    expect(store.some((file) => file.includes('tools/call'))).toBe(true);
    expect(page.get('tools')).toContain('"tool":"quiz"');
    expect([...page.keys()].filter((what) => what.startsWith('session?'))).not.toEqual([]);
    expect([...page.values()].join('')).toContain('elicitation/create');
  });

  it('people are a number: neither they, nor a hash of them, nor its key are in what leaves', () => {
    const { receiver, said, page, store } = recorded;
    const users = receiver.metrics.filter(({ name }) => name === 'mcpspan.client.users');
    expect(users.length).toBeGreaterThan(0);
    using folder = temporaryFolder();
    writeFileSync(folder.in('store.db'), store.find((file) => file.includes('SQLite format 3')) ?? '');
    const [key] = rowsOf(folder.in('store.db'), "SELECT hex(value) AS value FROM keys WHERE name = 'people'");
    const secret = Buffer.from(String(key?.['value']), 'hex');
    expect(secret).toHaveLength(32);
    const identity = `Bearer ${SECRET.authorization}`;
    const keyed = hash('sha256', `${secret.toString('hex')}\0principal\0${identity}`, 'buffer');
    const out = [...receiver.raw, ...[said, ...page.values()].map((text) => Buffer.from(text))];
    for (const bytes of [secret, keyed.subarray(0, 8), hash('sha256', identity, 'buffer').subarray(0, 8)])
      for (const place of [...out, ...(bytes === secret ? [] : store)])
        for (const form of [bytes, bytes.toString('hex'), bytes.toString('base64').slice(0, 10)])
          expect(place.includes(form)).toBe(false);
  });

  it('nothing of it is in a header that was added on the way to the upstream [OTEL-PRIVACY-2]', () => {
    const sent =
      /^(host|content-type|user-agent|authorization|x-api-key|cookie|x-unknown|baggage|mcp-session-id|content-length|connection)$/i;
    const added = recorded.forwarded.flatMap(({ fields }) => fields.filter(([name]) => !sent.test(name)));
    expect(added.length).toBeGreaterThan(0);
    for (const [name, value] of added) {
      expect(name).toBe('traceparent');
      expect(value).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    }
  });

  it('a resource is named by scheme and host, a path only where it is the one of --upstream', () => {
    const spans = recorded.receiver.spans.filter(({ kind }) => kind === 'server');
    const values = (name: string) => [...new Set(spans.flatMap(({ attributes }) => attributes[name] ?? []))];
    expect(values('mcp.resource.uri')).toEqual(['https://files.example']);
    expect(new Set(values('url.path'))).toEqual(new Set(['/mcp', '{redacted}']));
    expect(new Set(values('user_agent.original'))).toEqual(new Set(['acme-agent/1.0', 'signer/1.0']));
  });

  it('ids are exported as the conventions ask', () => {
    expect(leaked(recorded, ID)).toEqual(Object.values(ID));
    expect(placesOf(recorded, ID.session).every((place) => place.endsWith('mcp.session.id'))).toBe(true);
  });
});

describe('with --capture', () => {
  let recorded: Record;
  beforeAll(async () => {
    recorded = await record(['--capture', 'errors,arguments,results,uris']);
  });

  it.each<[string, string, string[]]>([
    [
      'arguments of tools',
      SECRET.argument,
      ['fail', 'ask', 'quiz', '_OTHER'].map((tool) => `tools/call ${tool}: gen_ai.tool.call.arguments`),
    ],
    [
      'results of tools',
      SECRET.structured,
      ['ask', 'quiz'].map((tool) => `tools/call ${tool}: gen_ai.tool.call.result`),
    ],
    ['what a failed tool says', SECRET.toolError, ['tools/call fail: gen_ai.tool.call.result']],
    ['messages of errors', SECRET.errorMessage, ['status']],
  ])('%s are where docs/privacy.md says, and nowhere else', (_, secret, places) => {
    expect(placesOf(recorded, secret)).toEqual(places.toSorted());
  });

  it('URIs of resources are whole', () => {
    expect(placesOf(recorded, SECRET.uri)).toContain('resources/read: mcp.resource.uri');
  });

  it('secrets are taken out of what is captured', () => {
    expect(leaked(recorded, REDACTED)).toEqual([]);
    const captured = recorded.receiver.spans.find(({ name }) => name === 'tools/call quiz')?.attributes;
    expect(captured?.['gen_ai.tool.call.arguments']).toContain('{redacted}');
  });

  it('the rest stays at home', () => {
    const may = ['argument', 'argumentName', 'result', 'structured', 'toolError', 'errorMessage', 'uri', 'uriUser'];
    // The tests below ask about these.
    const doubtful = ['promptArgument', 'promptText', 'resourceText', 'instructions', 'description'];
    const rest = Object.entries(SECRET).filter(([name]) => !may.includes(name) && !doubtful.includes(name));
    expect(leaked(recorded, Object.fromEntries(rest))).toEqual([]);
  });

  // Was: arguments and results of every method were captured, under the attributes of a tool call.
  it('only tool calls have arguments and results of tool calls', () => {
    const others = recorded.receiver.spans
      .filter(({ attributes }) => 'gen_ai.tool.call.arguments' in attributes || 'gen_ai.tool.call.result' in attributes)
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('tools/call '));
    expect(others).toEqual([]);
  });

  it('a URI has no user name and password in it', () => {
    expect(leaked(recorded, { user: SECRET.uriUser })).toEqual([]);
  });
});

describe('with --hash-ids', () => {
  let recorded: Record;
  beforeAll(async () => {
    recorded = await record(['--hash-ids']);
  });

  it('session, conversation and call ids are nowhere as they are', () => {
    expect(leaked(recorded, ID)).toEqual([]);
    expect(leaked(recorded, REST)).toEqual([]);
  });

  it('they are hashed, each in its place', () => {
    const spans = recorded.receiver.spans;
    const values = (name: string) => [...new Set(spans.flatMap(({ attributes }) => attributes[name] ?? []))];
    expect(values('mcp.session.id')).toEqual([hashId(ID.session)]);
    expect(values('gen_ai.conversation.id')).toEqual([hashId(ID.conversation)]);
    expect(values('gen_ai.tool.call.id')).toEqual([hashId(ID.toolCall)]);
  });
});
