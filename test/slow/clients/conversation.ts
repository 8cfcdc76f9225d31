import { labelsOf, tree } from '../../e2e/signals.ts';
import type { OtlpReceiver } from '../../support/otlp-receiver.ts';
import { CALLS } from './expected.ts';
import { measured } from './row.ts';
import { startScene, type Scene } from './scene.ts';
import { speak, type Said, type Speaker } from './speak.ts';
import { differences } from './witness.ts';

/** What a client and a server said to each other, and what was told of it. */
export interface Conversation {
  readonly said: Said;
  /** Where what one side sent is not what the other got. */
  readonly differences: readonly string[];
  readonly trace: readonly string[];
  readonly anomalies: readonly unknown[];
  readonly propagated: Propagated;
  readonly measured: ReturnType<typeof measured>;
}

/**
 * Lets a client speak with a server through the proxy, from its first request until both have stopped.
 * @param options of the client's script. @param args further options of the proxy
 */
export async function converse(
  speaker: Speaker,
  options: object,
  upstream: string,
  args: readonly string[] = [],
): Promise<Conversation> {
  await using scene = await startScene(upstream, args);
  const { receiver, client, server } = scene;
  const said = await speak(speaker, { url: scene.url, calls: CALLS, traces: `${receiver.url}/v1/traces`, options });
  await scene.stop();
  return {
    said,
    differences: differences(client, server),
    trace: traceFrom(receiver),
    anomalies: labelsOf(receiver, 'mcpspan.anomalies'),
    propagated: propagated(scene),
    measured: measured(receiver, client),
  };
}

/** All spans, as an indented tree; those of others with the name of their service. */
export const traceFrom = ({ spans }: OtlpReceiver): string[] =>
  tree(
    spans.map((span) => {
      const service = span.resource['service.name'];
      return typeof service !== 'string' || service === 'mcpspan'
        ? span
        : { ...span, name: `${service}: ${span.name}` };
    }),
  );

/** How many requests the proxy gave a `traceparent`, and the bodies of those whose parent is no span. */
export interface Propagated {
  readonly count: number;
  readonly unknown: readonly string[];
}

export function propagated({ client, server, receiver }: Scene): Propagated {
  const sent = new Set(client.map(({ headers }) => headers['traceparent']));
  const added = server.filter(({ headers: { traceparent } }) => traceparent !== undefined && !sent.has(traceparent));
  const unknown = added.filter(({ headers: { traceparent } }) => !isKnown(receiver, String(traceparent)));
  return { count: added.length, unknown: unknown.map(({ body }) => body.toString()) };
}

const isKnown = ({ spans }: OtlpReceiver, traceparent: string): boolean => {
  const [, traceId, spanId] = traceparent.split('-');
  return spans.some((span) => span.traceId === traceId && span.spanId === spanId);
};
