import type { SimulatedClient } from '../../simulator/client.ts';
import { modernised } from '../../simulator/catalogue.ts';
import { objectOr, textOf } from '../../simulator/json.ts';
import { modernVersion, type Manner } from '../../simulator/profile.ts';
import type { Reply } from '../../simulator/wire.ts';
import { milliseconds } from '../probe/remarks.ts';
import type { Connections } from '../target/connections.ts';
import { refusalOf } from '../target/reach.ts';
import { median } from '../../store/quantile.ts';
import { ok, problem, warning, type Check } from './check.ts';
import { findStream } from './event-stream.ts';

/** The newest first, which clients ask for. */
const REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;
const HANDSHAKES = 5;
/** A client with a session per call waits for a handshake at every call: longer ones are felt. */
const SLOW_HANDSHAKE_MS = 100;
/** Beyond this, a trace that mixes both clocks looks wrong. */
const MAX_SKEW_MS = 5_000;

export interface UpstreamChecks {
  readonly checks: readonly Check[];
  /** The answer to the first handshake; undefined: the server was not reached. */
  readonly greeting: Extract<Reply, { kind: 'answered' }> | undefined;
  /** It speaks HTTP+SSE, where a handshake is answered on a stream. */
  readonly streams?: boolean;
}

/** Whether the upstream can be reached, what it speaks, and how fast. @param now milliseconds since the epoch */
export async function checkUpstream(
  connections: Connections,
  manner: Manner,
  now: () => number,
): Promise<UpstreamChecks> {
  const conversation = connections.converse('upstream', 'shared');
  const connect = (protocolVersion: string = REVISIONS[0]): SimulatedClient =>
    conversation.connect({ ...manner, era: 'legacy', protocolVersion });
  try {
    const first = connect();
    const greeting = await first.open('new');
    const later = conversation.connect(modernised(manner));
    const discovered = greeting.kind === 'answered' ? await later.ask('server/discover') : greeting;
    const refusal = refusalOf(greeting, connections.url);
    const modern = refusalOf(discovered, connections.url) === undefined;
    if (refusal !== undefined && !modern) {
      if ((await findStream(connections, manner)) !== undefined)
        return {
          checks: [ok('upstream', `${connections.url} speaks HTTP+SSE, the transport of 2024-11-05`)],
          greeting: undefined,
          streams: true,
        };
      const { what, cure } = refusal;
      const asks = greeting.kind === 'answered' && greeting.status === 401;
      const check = asks
        ? warning('upstream', `${connections.url} answers; ${what}`, `${cure} to see what it speaks`)
        : problem('upstream', what, cure);
      return { checks: [check], greeting: greeting.kind === 'answered' ? greeting : undefined };
    }
    const agreed = refusal === undefined ? [versionIn(greeting)] : [];
    for (const revision of refusal === undefined ? REVISIONS.slice(1) : [])
      if (versionIn(await connect(revision).open('new')) === revision) agreed.push(revision);
    const spoken = [...new Set([...(modern ? modernRevisions(discovered) : []), ...agreed])].filter(
      (version) => version !== undefined,
    );
    const sessions =
      refusal === undefined && first.sessionId() === undefined ? 'without session ids' : 'with session ids';
    return {
      greeting: greeting.kind === 'answered' ? greeting : undefined,
      checks: [
        ok('upstream', `${connections.url} answers: ${serverIn(refusal === undefined ? greeting : discovered)}`),
        ok('revisions', `${spoken.join(', ')}${refusal === undefined ? `; ${sessions}` : ''}`),
        await checkSpeed(refusal === undefined ? () => connect().open('new') : () => later.ask('server/discover')),
        ...checkClock(greeting, now()),
      ],
    };
  } finally {
    await conversation.end();
  }
}

const resultOf = (reply: Reply) => objectOr(reply.kind === 'answered' ? reply.message?.['result'] : undefined);

const versionIn = (reply: Reply): string | undefined => textOf(resultOf(reply)['protocolVersion']);

function modernRevisions(reply: Reply): string[] {
  const listed = resultOf(reply)['supportedVersions'];
  return Array.isArray(listed) ? listed.filter((version) => typeof version === 'string') : [modernVersion];
}

function serverIn(reply: Reply): string {
  const result = resultOf(reply);
  const info = objectOr(result['serverInfo'] ?? objectOr(result['_meta'])['io.modelcontextprotocol/serverInfo']);
  const parts = [textOf(info['name']), textOf(info['version'])].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(' ') : 'an MCP server';
}

async function checkSpeed(shakeHands: () => Promise<Reply>): Promise<Check> {
  const times: number[] = [];
  for (let count = 0; count < HANDSHAKES; count++) {
    const reply = await shakeHands();
    if (reply.kind === 'answered' && reply.status < 400) times.push(reply.ms);
  }
  const typical = median(times);
  if (typical === undefined)
    return warning(
      'handshake',
      'the server refused a second handshake',
      'one server instance serves one client: create an instance per session',
    );
  const found = `${milliseconds(typical)}, at most ${milliseconds(Math.max(...times))} in ${times.length}`;
  return typical <= SLOW_HANDSHAKE_MS
    ? ok('handshake', found)
    : warning(
        'handshake',
        found,
        'some clients make a handshake for every call: do the slow part once, when the server starts',
      );
}

function checkClock(reply: Reply, at: number): Check[] {
  const date = reply.kind === 'answered' ? Date.parse(String(reply.headers['date'])) : Number.NaN;
  if (Number.isNaN(date)) return [];
  // The header has whole seconds.
  const skew = at - date;
  const off = skew < 0 ? -skew : Math.max(0, skew - 1_000);
  if (off <= MAX_SKEW_MS) return [ok('clock', 'agrees with that of the upstream')];
  const found = `${milliseconds(off)} ${skew > 0 ? 'ahead of' : 'behind'} that of the upstream`;
  return [warning('clock', found, 'synchronise both machines by NTP: traces show spans of both side by side')];
}
