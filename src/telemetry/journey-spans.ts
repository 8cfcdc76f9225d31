import { TraceFlags, type Attributes } from '@opentelemetry/api';
import { furthestOf, hasReached, STAGES, type Journey } from '../session/journey.ts';
import type { Privacy } from '../session/privacy.ts';
import { randomSpanId } from '../transport/trace/trace-id.ts';
import { INTERNAL, type SpanFacts } from './finished-span.ts';
import { ATTR, SPAN } from './semconv.ts';

/** `arrived`, `unfinished`, or the furthest stage that was reached. */
export const endOfJourney = (journey: Journey): string =>
  journey.state === 'stopped' ? furthestOf(journey) : journey.state;

/** Attributes that say how an attempt to connect ended: on its root span, and on the log record of one that stopped. */
export function endAttributes(journey: Journey): Attributes {
  const { refusal, ambiguous, again } = journey;
  const attributes: Attributes = { [ATTR.client]: journey.clientLabel, [ATTR.connectEnd]: endOfJourney(journey) };
  if (refusal !== undefined) attributes[ATTR.httpStatusCode] = refusal.status;
  if (refusal?.error !== undefined) attributes[ATTR.connectError] = refusal.error;
  if (ambiguous) attributes[ATTR.connectAmbiguous] = true;
  if (again) attributes[ATTR.connectAgain] = true;
  return attributes;
}

/** The spans of an attempt to connect: its root, and one for each stage, from the first request to the latest answer. */
export function spansOfJourney(journey: Journey, server: string, privacy: Privacy): SpanFacts[] {
  const { root, client, session, startedAt, lastAt } = journey;
  const attributes: Attributes = { [ATTR.server]: server, ...endAttributes(journey) };
  if (client.name !== undefined) attributes[ATTR.clientName] = privacy.name(client.name);
  if (client.version !== undefined) attributes[ATTR.clientVersion] = privacy.name(client.version);
  const stages = STAGES.flatMap((stage): SpanFacts[] => {
    const facts = journey.stages.get(stage);
    if (facts === undefined) return [];
    return [
      {
        ...INTERNAL,
        name: `${SPAN.connect} ${stage}`,
        traceId: root.traceId,
        spanId: randomSpanId(),
        parentSpanId: root.spanId,
        attributes: {
          [ATTR.server]: server,
          [ATTR.client]: journey.clientLabel,
          [ATTR.connectStage]: stage,
          [ATTR.connectReached]: hasReached(journey, stage),
          [ATTR.connectRequests]: facts.requests,
          ...(facts.status !== undefined && { [ATTR.httpStatusCode]: facts.status }),
        },
        links: [],
        from: facts.firstAt,
        to: facts.lastAt,
      },
    ];
  });
  const links = session === undefined ? [] : [{ context: { ...session, traceFlags: TraceFlags.SAMPLED } }];
  const { traceId, spanId } = root;
  const span = { ...INTERNAL, name: SPAN.connect, traceId, spanId, parentSpanId: undefined };
  return [{ ...span, attributes, links, from: startedAt, to: lastAt }, ...stages];
}
