import type { Attributes } from '@opentelemetry/api';
import type { EndedOperation } from '../session/operation.ts';
import type { Privacy } from '../session/privacy.ts';
import { Alike } from './alike.ts';
import { commonAttributes, cutTexts, spanNameOf, type ServerAddress } from './attributes.ts';

/** What the spans of similar operations have in common. The attributes never change, so an encoder can keep their bytes. */
export interface Common {
  readonly name: string;
  readonly attributes: Attributes;
}

/** With all that it is made of, beside the labels that it is found by. */
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

export interface SimilarOperationsOptions {
  server: ServerAddress;
  privacy: Privacy;
  /** Most characters of an attribute's text; undefined: no limit. */
  longestValue: number | undefined;
}

/** Similar operations share the common part of their spans. It is made once, and encoded once. */
export class SimilarOperations {
  readonly #options: SimilarOperationsOptions;
  readonly #alike = new Alike<Similar>(
    (operation) => this.#make(operation),
    (known, operation) => this.#fits(known, operation),
  );

  constructor(options: SimilarOperationsOptions) {
    this.#options = options;
  }

  of(operation: EndedOperation): Common {
    return this.#alike.of(operation);
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

  #fits(known: Similar, operation: EndedOperation): boolean {
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
