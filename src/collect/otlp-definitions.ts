import protobuf from 'protobufjs/light.js';

const field = (id: number, type: string): { id: number; type: string } => ({ id, type });
const repeated = (id: number, type: string): { id: number; type: string; rule: 'repeated' } => ({
  id,
  type,
  rule: 'repeated',
});

/**
 * What we read and write of opentelemetry-proto 1.10: `collector/trace/v1/trace_service.proto`, `trace/v1/trace.proto`,
 * `common/v1/common.proto`, `resource/v1/resource.proto`. A reader skips all other fields.
 * @see https://github.com/open-telemetry/opentelemetry-proto
 */
const root = protobuf.Root.fromJSON({
  nested: {
    AnyValue: {
      fields: {
        stringValue: field(1, 'string'),
        boolValue: field(2, 'bool'),
        intValue: field(3, 'int64'),
        doubleValue: field(4, 'double'),
        arrayValue: field(5, 'ArrayValue'),
      },
      oneofs: { value: { oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue'] } },
    },
    ArrayValue: { fields: { values: repeated(1, 'AnyValue') } },
    KeyValue: { fields: { key: field(1, 'string'), value: field(2, 'AnyValue') } },
    Resource: { fields: { attributes: repeated(1, 'KeyValue') } },
    InstrumentationScope: { fields: { name: field(1, 'string'), version: field(2, 'string') } },
    Event: {
      fields: { timeUnixNano: field(1, 'fixed64'), name: field(2, 'string'), attributes: repeated(3, 'KeyValue') },
    },
    Link: { fields: { traceId: field(1, 'bytes'), spanId: field(2, 'bytes') } },
    SpanStatus: { fields: { message: field(2, 'string'), code: field(3, 'int32') } },
    Span: {
      fields: {
        traceId: field(1, 'bytes'),
        spanId: field(2, 'bytes'),
        parentSpanId: field(4, 'bytes'),
        name: field(5, 'string'),
        kind: field(6, 'int32'),
        startTimeUnixNano: field(7, 'fixed64'),
        endTimeUnixNano: field(8, 'fixed64'),
        attributes: repeated(9, 'KeyValue'),
        events: repeated(11, 'Event'),
        links: repeated(13, 'Link'),
        status: field(15, 'SpanStatus'),
      },
    },
    ScopeSpans: { fields: { scope: field(1, 'InstrumentationScope'), spans: repeated(2, 'Span') } },
    ResourceSpans: { fields: { resource: field(1, 'Resource'), scopeSpans: repeated(2, 'ScopeSpans') } },
    ExportTraceServiceRequest: { fields: { resourceSpans: repeated(1, 'ResourceSpans') } },
    PartialSuccess: { fields: { rejectedSpans: field(1, 'int64'), errorMessage: field(2, 'string') } },
    ExportTraceServiceResponse: { fields: { partialSuccess: field(1, 'PartialSuccess') } },
    /** `google.rpc.Status`, the body of an error. */
    Status: { fields: { code: field(1, 'int32'), message: field(2, 'string') } },
  },
});

export const REQUEST = root.lookupType('ExportTraceServiceRequest');
export const RESPONSE = root.lookupType('ExportTraceServiceResponse');
export const STATUS = root.lookupType('Status');
