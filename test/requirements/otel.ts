import type { Requirement } from './requirement.ts';

const SPANS = 'semantic-conventions-genai, docs/mcp, Spans';
const ERRORS = 'semantic-conventions-genai, model/mcp/common.yaml, error.type';
const METRICS = 'semantic-conventions-genai, docs/mcp, Metrics';
const CONTEXT = 'semantic-conventions-genai, docs/mcp, Context propagation';
const SAMPLING = 'OpenTelemetry specification, trace/sdk, Sampling';
const ENVIRONMENT = 'OpenTelemetry specification, configuration/sdk-environment-variables';
const OURS = 'mcpspan';

/** What the texts of OpenTelemetry and of the web say, and what we promise, as far as others build on it. */
export const OTEL: readonly Requirement[] = [
  ['OTEL-TRANSPORT-1', SPANS, 'Over stdio network.transport is `pipe`, and network.protocol.* are not set.'],
  ['OTEL-SPAN-1', SPANS, 'The span of a request from the client is a SERVER span with the attributes of the table.'],
  [
    'OTEL-SPAN-2',
    SPANS,
    'A span is named {method} {target}; a URI is no target by default; execute_tool is for tool calls only.',
  ],
  ['OTEL-SPAN-3', SPANS, 'jsonrpc.request.id is the id as text.'],
  ['OTEL-SPAN-4', SPANS, 'jsonrpc.request.id is not captured when the id is absent.'],
  ['OTEL-ROOT-1', OURS, 'A session’s root is exported at once, as a marker: nothing that follows is an orphan.'],
  ['OTEL-ERROR-1', ERRORS, 'On success the status is UNSET, never OK.'],
  ['OTEL-ERROR-2', ERRORS, 'A result with isError is error.type tool_error.'],
  ['OTEL-ERROR-3', ERRORS, 'On the server side, -32700, -32600, -32601, -32602 and -32002 are no errors.'],
  ['OTEL-ERROR-4', ERRORS, 'Any other JSON-RPC error is error.type with its code.'],
  ['OTEL-ERROR-5', OURS, 'A refusal by HTTP 4xx alone is no error of the server.'],
  ['OTEL-ERROR-6', OURS, 'HTTP 5xx alone is error.type with the status.'],
  ['OTEL-ERROR-7', ERRORS, 'A timeout is error.type timeout.'],
  ['OTEL-ERROR-8', OURS, 'What the client gave up is no error of the server.'],
  ['OTEL-ERROR-9', OURS, 'A stream that closes before the answer is error.type lost.'],
  ['OTEL-ERROR-10', ERRORS, 'input_required and task are successes.'],
  ['OTEL-ERROR-11', ERRORS, 'On the client side all JSON-RPC error codes are errors.'],
  ['OTEL-ERROR-12', ERRORS, 'The status description is the message of the error; only where errors are captured.'],
  ['OTEL-METRIC-1', METRICS, 'mcp.server.operation.duration has these attributes and these bucket boundaries.'],
  ['OTEL-METRIC-2', METRICS, 'What a server begins is in mcp.client.operation.duration, seen from the server.'],
  ['OTEL-METRIC-3', METRICS, 'mcp.session.id never goes on a metric, nor does any other unbounded value.'],
  ['OTEL-METRIC-4', METRICS, 'mcp.server.session.duration is the duration of a session.'],
  ['OTEL-METRIC-5', 'OTLP to Prometheus', 'A unit of 1 would append _ratio to the name.'],
  ['OTEL-METRIC-6', METRICS, 'The four histograms have the recommended bucket boundaries.'],
  ['OTEL-CONTEXT-1', CONTEXT, 'The context in params._meta is the parent by default; ambient context is linked.'],
  ['OTEL-CONTEXT-2', CONTEXT, 'That parent is remote.'],
  ['OTEL-PROPAGATE-1', CONTEXT, 'The context sent on names the span of this operation.'],
  ['OTEL-PROPAGATE-2', OURS, 'A context that the caller sent is never replaced or doubled.'],
  ['OTEL-SAMPLING-1', SAMPLING, 'TraceIdRatioBased decides by the trace id alone, everywhere alike.'],
  ['OTEL-SAMPLING-2', ENVIRONMENT, 'OTEL_TRACES_SAMPLER and its argument name the sampler.'],
  ['OTEL-SAMPLING-3', OURS, 'Metrics are recorded before sampling.'],
  ['OTEL-ENV-1', OURS, 'Nothing leaves the machine unless a variable says where to.'],
  ['OTEL-ENV-2', ENVIRONMENT, 'OTEL_EXPORTER_OTLP_ENDPOINT is the base URL for all signals.'],
  ['OTEL-ENV-3', ENVIRONMENT, 'OTEL_SDK_DISABLED switches everything off.'],
  ['OTEL-ENV-4', ENVIRONMENT, 'The protocol of a signal wins over the general one.'],
  ['OTEL-PRIVACY-1', OURS, 'No payload, credential or raw personal data leaves by default.'],
  ['OTEL-PRIVACY-2', OURS, 'Only traceparent is added to what is sent on.'],
  [
    'W3C-TRACE-1',
    'W3C Trace Context, 3.2',
    'A traceparent is version, trace id, parent id and flags; later versions may have more.',
  ],
  ['W3C-TRACE-2', 'W3C Trace Context, 3.2.2', 'A malformed traceparent is ignored.'],
  [
    'HTTP-HOP-1',
    'RFC 9110, 7.6.1',
    'Fields of one hop, and those that Connection names, are not forwarded with a request.',
  ],
  ['HTTP-HOP-2', 'RFC 9110, 7.6.1', 'Nor with an answer.'],
  ['SSE-1', 'WHATWG HTML, 9.2.6', 'Lines end with CR, LF or both.'],
  ['SSE-2', 'WHATWG HTML, 9.2.6', 'Several data fields are joined by LF.'],
  ['SSE-3', 'WHATWG HTML, 9.2.6', 'Comments and unknown fields are ignored.'],
  ['SSE-4', 'WHATWG HTML, 9.2.6', 'An event without its blank line is dropped.'],
];
