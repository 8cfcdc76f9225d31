import { SpanKind, type Attributes } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { SentAttributes, SpanSource } from '../observe/sent-spans.ts';
import type { Privacy } from '../session/privacy.ts';
import type { ServerSpan } from '../session/operation.ts';
import { keepNewest } from '../transport/bounded.ts';
import { timeOf, type SpanFacts, type SpanOrigin } from './finished-span.ts';
import { ATTR, OWN_PREFIX } from './semconv.ts';

const MAX_ORIGINS = 16;
const NOBODY = 'unknown_service';

/**
 * Makes spans of what a server sent, in its own words as far as privacy allows. They keep the server's resource and scope, and
 * are marked as reported by it. Its resources are remembered, so that a batch says each of them once.
 */
export class ServerSpanFacts {
  readonly #server: string;
  readonly #privacy: Privacy;
  readonly #origins = new Map<string, SpanOrigin>();

  /** @param server what we call it */
  constructor(server: string, privacy: Privacy) {
    this.#server = server;
    this.#privacy = privacy;
  }

  /** @param known the spans that came with it */
  of(span: ServerSpan, known: ReadonlySet<string>, serverName: string | undefined): SpanFacts {
    const privacy = this.#privacy;
    const { traceId, spanId, parentSpanId, from, to, eventsDropped, linksDropped } = span;
    const attributes = this.#attributes(span.attributes);
    const attributesDropped = span.attributesDropped + span.attributes.size - Object.keys(attributes).length;
    attributes[ATTR.reportedByServer] = true;
    attributes[ATTR.server] = this.#server;
    if (span.outside) attributes[ATTR.outsideOperation] = true;
    const message = privacy.errorMessage(span.statusMessage);
    return {
      origin: this.#origin(span.source, serverName),
      name: privacy.reportedText(span.name),
      // OTLP numbers kinds from 1; 0, which says nothing, is internal.
      kind: span.kind === 0 ? SpanKind.INTERNAL : span.kind - 1,
      traceId,
      spanId,
      parentSpanId,
      remoteParent: parentSpanId !== undefined && !known.has(parentSpanId),
      common: {},
      attributes,
      links: [],
      events: span.events.map((event) => ({
        name: privacy.reportedText(event.name),
        attributes: this.#attributes(event.attributes),
        time: timeOf(Math.round(event.at * 1_000)),
      })),
      eventsDropped,
      attributesDropped,
      linksDropped,
      status: message === undefined || message === '' ? { code: span.statusCode } : { code: span.statusCode, message },
      from,
      to,
    };
  }

  #attributes(sent: SentAttributes): Attributes {
    const kept: [string, Attributes[string]][] = [];
    for (const [key, value] of sent) {
      const shown = key.startsWith(OWN_PREFIX) ? undefined : this.#privacy.reported(key, value);
      // OTLP has lists of several types, and so have the serializers; only their type says otherwise.
      if (shown !== undefined) kept.push([this.#privacy.name(key), shown as Attributes[string]]);
    }
    return Object.fromEntries(kept);
  }

  #origin({ resource, scope }: SpanSource, serverName: string | undefined): SpanOrigin {
    const named = new Map(resource);
    const service = named.get('service.name');
    if (typeof service !== 'string' || service === '') named.set('service.name', serverName ?? NOBODY);
    const attributes = this.#attributes(named);
    const key = JSON.stringify([scope, attributes]);
    let origin = this.#origins.get(key);
    if (origin === undefined) {
      origin = {
        resource: resourceFromAttributes(attributes),
        scope: scope.version === undefined ? { name: scope.name } : { name: scope.name, version: scope.version },
      };
      this.#origins.set(key, origin);
      keepNewest(this.#origins, MAX_ORIGINS);
    }
    return origin;
  }
}
