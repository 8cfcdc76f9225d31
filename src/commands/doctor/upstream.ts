import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedClient } from '../../simulator/client.ts';
import { modernised } from '../../simulator/catalogue.ts';
import { objectOr, textOf } from '../../simulator/json.ts';
import { modernVersion, type Manner } from '../../simulator/profile.ts';
import type { Reply } from '../../simulator/wire.ts';
import { milliseconds } from '../probe/remarks.ts';
import type { Stage } from '../target/connections.ts';
import { refusalOf } from '../target/reach.ts';
import { ok, problem, warning, type Check } from './check.ts';

/** From the newest; the first is what clients ask for. */
const REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;
const HANDSHAKES = 5;
/** In milliseconds: a client with a session per call waits so long at every call. */
const SLOW_MS = 100;
/** In milliseconds: a trace that mixes both clocks looks wrong. */
const MAX_SKEW_MS = 5_000;
/** In milliseconds. */
const STREAM_PATIENCE_MS = 2_000;

export interface UpstreamChecks {
  readonly checks: readonly Check[];
  /** What the first handshake was answered with; undefined: nobody was reached. */
  readonly greeting: Extract<Reply, { kind: 'answered' }> | undefined;
}

/** Whether the upstream can be reached, what it speaks, and how fast. @param now milliseconds since the epoch */
export async function checkUpstream(stage: Stage, manner: Manner, now: () => number): Promise<UpstreamChecks> {
  const conversation = stage.converse('upstream', 'shared');
  const connect = (protocolVersion: string = REVISIONS[0]): SimulatedClient =>
    conversation.connect({ ...manner, era: 'legacy', protocolVersion });
  try {
    const first = connect();
    const greeting = await first.open('new');
    const later = conversation.connect(modernised(manner));
    const discovered = greeting.kind === 'answered' ? await later.ask('server/discover') : greeting;
    const refusal = refusalOf(greeting, stage.url);
    const modern = refusalOf(discovered, stage.url) === undefined;
    if (refusal !== undefined && !modern) {
      if (await streamsFirst(stage, manner))
        return {
          checks: [ok('upstream', `${stage.url} speaks HTTP+SSE, the transport of 2024-11-05`)],
          greeting: undefined,
        };
      const { what, cure } = refusal;
      const asks = greeting.kind === 'answered' && greeting.status === 401;
      const check = asks
        ? warning('upstream', `${stage.url} is there; ${what}`, `${cure} to see what it speaks`)
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
        ok('upstream', `${stage.url} answers: ${serverIn(refusal === undefined ? greeting : discovered)}`),
        ok('revisions', `${spoken.join(', ')}${refusal === undefined ? `; ${sessions}` : ''}`),
        await checkSpeed(refusal === undefined ? () => connect().open('new') : () => later.ask('server/discover')),
        ...checkClock(greeting, now()),
      ],
    };
  } finally {
    await conversation.end();
  }
}

/** The transport of 2024-11-05 begins with an event stream. */
async function streamsFirst(stage: Stage, manner: Manner): Promise<boolean> {
  const odd = stage.oddly(manner, undefined);
  const stream = odd.stream();
  const opened = await Promise.race([stream.opened, sleep(STREAM_PATIENCE_MS, undefined, { ref: false })]);
  await stream.close();
  await odd.end();
  return opened?.status === 200 && opened.contentType?.startsWith('text/event-stream') === true;
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
  const sorted = times.toSorted((a, b) => a - b);
  const [median, worst] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  if (median === undefined || worst === undefined)
    return warning(
      'handshake',
      'further handshakes were refused',
      'a server instance takes one client: make one for each',
    );
  const found = `${milliseconds(median)}, at most ${milliseconds(worst)} in ${times.length}`;
  return median <= SLOW_MS
    ? ok('handshake', found)
    : warning(
        'handshake',
        found,
        'some clients shake hands for every call: do the slow part once, when the server starts',
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
  return [warning('clock', found, 'let both machines follow NTP: spans of both are shown side by side')];
}
