import type { Attributes } from '@opentelemetry/api';
import type { RequestFacts } from '../observe/facts.ts';
import { codeLabel, errorTypeOf, methodLabel, revisionLabel } from '../session/labels.ts';
import type { EndedOperation } from '../session/operation.ts';
import { shortId, type Privacy } from '../session/privacy.ts';
import type { Session } from '../session/session.ts';
import { ATTR } from './semconv.ts';

/** `tools/call create_cloze_question`; bounded, like a label. */
export function spanNameOf(operation: EndedOperation): string {
  const method = methodLabel(operation.method);
  return operation.targetLabel === undefined ? method : `${method} ${operation.targetLabel}`;
}

function networkOf(request: RequestFacts): Attributes {
  if (request.carrier === 'stdio') return { [ATTR.networkTransport]: 'pipe' };
  return {
    [ATTR.networkTransport]: 'tcp',
    [ATTR.networkProtocolName]: 'http',
    [ATTR.networkProtocolVersion]: request.httpVersion,
  };
}

/** Labels of the conventions' operation metrics, with the client that the operation belongs to. */
export function operationLabels(operation: EndedOperation, server: string): Attributes {
  const { target, targetLabel, outcome, protocolVersion, exchange } = operation;
  const labels: Attributes = {
    [ATTR.method]: methodLabel(operation.method),
    [ATTR.server]: server,
    [ATTR.client]: operation.clientLabel,
    ...networkOf(exchange.request),
  };
  if (target !== undefined && targetLabel !== undefined) {
    labels[target.kind === 'tool' ? ATTR.toolName : ATTR.promptName] = targetLabel;
    if (target.kind === 'tool') labels[ATTR.operationName] = 'execute_tool';
  }
  const errorType = errorTypeOf(operation);
  if (errorType !== undefined) labels[ATTR.errorType] = errorType;
  if (operation.counted.rejected) labels[ATTR.rejected] = true;
  if (outcome.kind === 'rpc-error' && outcome.code !== undefined) labels[ATTR.rpcStatusCode] = codeLabel(outcome.code);
  if (protocolVersion !== undefined) labels[ATTR.protocolVersion] = revisionLabel(protocolVersion);
  return labels;
}

/** Attributes that identify a session, on its root span and on each summary. */
export function sessionAttributes(session: Session, server: string, privacy: Privacy): Attributes {
  const attributes: Attributes = {
    [ATTR.server]: server,
    [ATTR.client]: session.clientLabel,
    [ATTR.sessionSource]: session.source,
    [ATTR.sessionOpened]: session.opened,
  };
  if (session.id !== undefined) attributes[ATTR.sessionId] = privacy.id(session.id);
  setName(attributes, ATTR.clientName, session.client.name, privacy);
  setName(attributes, ATTR.clientVersion, session.client.version, privacy);
  setName(attributes, ATTR.serverName, session.server.name, privacy);
  setName(attributes, ATTR.serverVersion, session.server.version, privacy);
  setName(attributes, ATTR.protocolVersion, session.protocolVersion, privacy);
  if (session.conversation !== undefined) attributes[ATTR.conversationId] = privacy.id(session.conversation);
  return attributes;
}

/** What the spans of many operations have in common: who calls what, and how. */
export function commonAttributes(operation: EndedOperation, server: ServerAddress, privacy: Privacy): Attributes {
  const { client, protocolVersion, target } = operation;
  const { request } = operation.exchange;
  const attributes: Attributes = {
    [ATTR.method]: privacy.name(operation.method),
    [ATTR.server]: server.name,
    [ATTR.client]: operation.clientLabel,
    [ATTR.sessionSource]: operation.source,
    [ATTR.era]: operation.era,
    ...networkOf(request),
  };
  if (request.carrier === 'http') {
    attributes[ATTR.serverAddress] = server.address;
    attributes[ATTR.serverPort] = server.port;
    attributes[ATTR.urlPath] = privacy.path(request.path);
  }
  setName(attributes, ATTR.protocolVersion, protocolVersion, privacy);
  setName(attributes, ATTR.clientName, client.name, privacy);
  setName(attributes, ATTR.clientVersion, client.version, privacy);
  if (request.userAgent !== undefined) attributes[ATTR.userAgent] = privacy.userAgent(request.userAgent);
  if (target !== undefined) {
    attributes[target.kind === 'tool' ? ATTR.toolName : ATTR.promptName] = privacy.name(target.name);
    if (target.kind === 'tool') attributes[ATTR.operationName] = 'execute_tool';
  }
  return attributes;
}

/** What is left for the span of one operation. */
export function ownAttributes(operation: EndedOperation, privacy: Privacy): Attributes {
  const { exchange, outcome, session, target } = operation;
  const { request, answer } = exchange;
  const attributes: Attributes = { [ATTR.requestBytes]: operation.requestBytes };
  if (operation.requestId !== undefined) attributes[ATTR.requestId] = shortId(String(operation.requestId));
  if (session?.id !== undefined) attributes[ATTR.sessionId] = privacy.id(session.id);
  const conversation = operation.conversation ?? session?.conversation;
  if (conversation !== undefined) attributes[ATTR.conversationId] = privacy.id(conversation);
  if (target !== undefined && operation.toolCallId !== undefined)
    attributes[ATTR.toolCallId] = privacy.id(operation.toolCallId);
  if (operation.uri !== undefined) attributes[ATTR.resourceUri] = privacy.uri(operation.uri);
  if (answer !== undefined) attributes[ATTR.httpStatusCode] = answer.status;
  if (operation.form === 'request' && operation.responseBytes > 0) {
    attributes[ATTR.responseBytes] = operation.responseBytes;
    if (operation.direction === 'to-server' && request.carrier === 'http' && exchange.firstByteAt > 0) {
      attributes[ATTR.firstByteSeconds] = Math.max(0, exchange.firstByteAt - exchange.requestedAt) / 1_000;
    }
  }
  const errorType = errorTypeOf(operation);
  if (errorType !== undefined) attributes[ATTR.errorType] = errorType;
  if (operation.counted.rejected) attributes[ATTR.rejected] = true;
  if (outcome.kind === 'rpc-error' && outcome.code !== undefined) attributes[ATTR.rpcStatusCode] = String(outcome.code);
  if (operation.handshake !== undefined) attributes[ATTR.handshakeKind] = operation.handshake;
  if (operation.cancelled) attributes[ATTR.cancelled] = true;
  if (operation.incomplete) attributes[ATTR.incomplete] = true;
  if (operation.attempt > 1) attributes[ATTR.attempt] = operation.attempt;
  if (operation.capturedArguments !== undefined)
    attributes[ATTR.toolCallArguments] = privacy.payload(operation.capturedArguments);
  if (operation.capturedResult !== undefined)
    attributes[ATTR.toolCallResult] = privacy.payload(operation.capturedResult);
  return attributes;
}

/** Address of the server behind us, which the conventions ask of an intermediary. */
export interface ServerAddress {
  name: string;
  address: string;
  port: number;
}

function setName(attributes: Attributes, name: string, value: string | undefined, privacy: Privacy): void {
  if (value !== undefined) attributes[name] = privacy.name(value);
}

/** Cuts texts that are longer, in place. */
export function cutTexts(attributes: Attributes, longest: number): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'string' && value.length > longest) attributes[name] = value.slice(0, longest).toWellFormed();
  }
}
