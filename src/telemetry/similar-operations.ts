import type { Attributes } from '@opentelemetry/api';
import { methodLabel } from '../session/labels.ts';
import type { EndedOperation } from '../session/operation.ts';
import type { Privacy } from '../session/privacy.ts';
import { commonAttributes, cutTexts, spanNameOf, type ServerAddress } from './attributes.ts';

/** What the spans of similar operations have in common. The attributes never change, so an encoder can keep their bytes. */
export interface Common {
  readonly name: string;
  readonly attributes: Attributes;
}

/** All that the common part is made of, beside the labels that it is found by. */
interface Similar extends Common {
  method: string;
  target: string | undefined;
  source: string;
  era: string;
  protocolVersion: string | undefined;
  clientName: string | undefined;
  clientVersion: string | undefined;
  userAgent: string | undefined;
  /** As exported. */
  path: string | undefined;
  httpVersion: string | undefined;
}

const MAX_SIMILAR = 1_000;
/** Of one client and target: few, because they are searched one by one. */
const MAX_ALIKE = 8;

export interface SimilarOperationsOptions {
  server: ServerAddress;
  privacy: Privacy;
  /** Most characters of an attribute's text; undefined: no limit. */
  longestValue: number | undefined;
}

/** Similar operations share the common part of their spans. It is made once, and encoded once. */
export class SimilarOperations {
  readonly #options: SimilarOperationsOptions;
  readonly #byClient = new Map<string, Map<string, Similar[]>>();
  #size = 0;

  constructor(options: SimilarOperationsOptions) {
    this.#options = options;
  }

  of(operation: EndedOperation): Common {
    const about = operation.targetLabel ?? methodLabel(operation.method);
    let byTarget = this.#byClient.get(operation.clientLabel);
    if (byTarget === undefined) {
      byTarget = new Map();
      this.#byClient.set(operation.clientLabel, byTarget);
    }
    const alike = byTarget.get(about);
    const known = alike?.find((one) => this.#isLike(one, operation));
    if (known !== undefined) return known;
    const made = this.#make(operation);
    if (alike === undefined) byTarget.set(about, [made]);
    else if (alike.push(made) > MAX_ALIKE) alike.shift();
    if (++this.#size > MAX_SIMILAR) this.#forget();
    return made;
  }

  #forget(): void {
    this.#byClient.clear();
    this.#size = 0;
  }

  #make(operation: EndedOperation): Similar {
    const { server, privacy, longestValue } = this.#options;
    const { client, exchange } = operation;
    const { request } = exchange;
    const attributes = commonAttributes(operation, server, privacy);
    if (longestValue !== undefined) cutTexts(attributes, longestValue);
    return {
      name: spanNameOf(operation),
      attributes,
      method: operation.method,
      target: operation.target?.name,
      source: operation.source,
      era: operation.era,
      protocolVersion: operation.protocolVersion,
      clientName: client.name,
      clientVersion: client.version,
      userAgent: request.userAgent,
      path: request.carrier === 'http' ? privacy.path(request.path) : undefined,
      httpVersion: request.carrier === 'http' ? request.httpVersion : undefined,
    };
  }

  #isLike(known: Similar, operation: EndedOperation): boolean {
    const { client, exchange } = operation;
    const { request } = exchange;
    const http = request.carrier === 'http' ? request : undefined;
    return (
      known.method === operation.method &&
      known.target === operation.target?.name &&
      known.source === operation.source &&
      known.era === operation.era &&
      known.protocolVersion === operation.protocolVersion &&
      known.clientName === client.name &&
      known.clientVersion === client.version &&
      known.userAgent === request.userAgent &&
      known.httpVersion === http?.httpVersion &&
      known.path === (http && this.#options.privacy.path(http.path))
    );
  }
}
