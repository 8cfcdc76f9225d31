import type { Client } from '../../src/session/client.ts';
import type { SessionEvent } from '../../src/session/event.ts';
import type { EndedOperation } from '../../src/session/operation.ts';
import type { Session } from '../../src/session/session.ts';

type Tell = (event: SessionEvent) => string;

/**
 * Session events as lines for people, with all that a sink could tell apart. Ids, which are random or long, become
 * T1, S1, … in the order in which they are first met. @param from the time that is 0, in ms since the epoch
 */
export function createTeller(from: number): Tell {
  const trace = naming('T');
  const span = naming('S');
  const since = (at: number): string => `${Math.round(at - from)} ms`;
  const place = (ids: { traceId: string; spanId: string }): string => `${trace(ids.traceId)}/${span(ids.spanId)}`;

  const ofSession = (session: Session): string =>
    line({
      source: session.source,
      id: session.id,
      era: session.era,
      opened: session.opened,
      client: nameOf(session.client),
      label: session.clientLabel,
      server: session.server,
      version: session.protocolVersion,
      conversation: session.conversation,
      affinity: session.affinity?.replaceAll('\0', ' '),
      throwAway: session.throwAway,
      resumed: session.resumed,
      root: place(session.root),
    });

  const ofOperation = (operation: EndedOperation): string => {
    const { placement, outcome } = operation;
    return line({
      [operation.direction]: operation.form,
      id: operation.requestId,
      target: operation.target?.name,
      label: operation.targetLabel,
      uri: operation.uri,
      outcome: outcome.kind === 'ok' ? undefined : outcome,
      handshake: operation.handshake,
      discovery: operation.discovery,
      era: operation.era,
      version: operation.protocolVersion,
      source: operation.source,
      conversation: operation.conversation,
      client: nameOf(operation.client),
      clientLabel: operation.clientLabel,
      attempt: operation.attempt === 1 ? undefined : operation.attempt,
      progressToken: operation.progressToken,
      cancelled: operation.cancelled,
      rejected: operation.counted.turnedAway,
      withheld: operation.withheld,
      unknownTool: operation.unknownTool,
      repeat: operation.repeat,
      events: operation.events.map(({ name, facts }) => `${name} ${JSON.stringify(facts)}`),
      bytes: `${operation.requestBytes}/${operation.responseBytes}`,
      arguments: operation.capturedArguments,
      result: operation.capturedResult === undefined ? undefined : `${operation.capturedResult.length} characters`,
      from: since(operation.startedAt),
      to: since(operation.endedAt),
      parent: placement?.parentSpanId === undefined ? undefined : span(placement.parentSpanId),
      span: placement === undefined ? undefined : place({ traceId: placement.traceId, spanId: operation.spanId }),
      links: placement?.links.map(place),
    });
  };

  return (event) => {
    switch (event.kind) {
      case 'session-opened':
        return `session opened: ${ofSession(event.session)}`;
      case 'operation-ended':
        return `${event.operation.method}: ${ofOperation(event.operation)}`;
      case 'session-ended': {
        const { session, reason, counted } = event;
        const { handshakeSeconds, ...totals } = session.totals;
        const shaking = `${Math.round(handshakeSeconds * 1_000)} ms`;
        const elsewhere = (session.elsewhere ?? []).map(place);
        return `session ended: ${line({ root: place(session.root), reason, counted, part: session.part, totals, shaking, elsewhere })}`;
      }
      case 'session-used':
        return `session used: ${place(event.session.root)}`;
      case 'segment-opened':
        return `segment opened: ${place(event.session.segment.root)} after ${place(event.previous)}`;
      case 'journey-changed':
      case 'journey-ended': {
        const { state, clientLabel, stages, told, ambiguous, again, refusal, challenge } = event.journey;
        const reached = Array.from(stages, ([stage, facts]) => `${stage}${facts.reached ? '' : ' in vain'}`);
        return `${event.kind.replace('-', ' ')}: ${line({ state, label: clientLabel, reached, told, ambiguous, again, refusal, challenge })}`;
      }
      // How long something took is no news, and rounding is not to be argued about.
      case 'forwarded':
        return 'forwarded';
      case 'stream-closed':
        return `stream closed: ${line({ stream: event.stream, client: event.clientLabel })}`;
      default: {
        const { kind, ...rest } = event;
        return `${kind.replaceAll('-', ' ')}: ${line({ ...rest, at: undefined })}`;
      }
    }
  };
}

const nameOf = ({ name, version, known }: Client): Partial<Client> => ({ name, version, known });

/** `name=value` of what is there; `false` and empty lists are as good as absent. */
function line(members: Readonly<Record<string, unknown>>): string {
  return Object.entries(members)
    .filter(([, value]) => value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

function naming(letter: string): (id: string) => string {
  const names = new Map<string, string>();
  return (id) => {
    const name = names.get(id) ?? `${letter}${names.size + 1}`;
    names.set(id, name);
    return name;
  };
}
