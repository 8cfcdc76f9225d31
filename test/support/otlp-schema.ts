import { many, one, type Schema } from './protobuf.ts';

// Field numbers of opentelemetry-proto 1.x: common, resource, trace, metrics and logs `v1`. Only what tests look at.

const ANY_VALUE: Schema = {
  1: one('stringValue', 'string'),
  2: one('boolValue', 'bool'),
  3: one('intValue', 'int64'),
  4: one('doubleValue', 'double'),
  5: one('arrayValue', () => ({ 1: many('values', () => ANY_VALUE) })),
  6: one('kvlistValue', () => ({ 1: many('values', () => KEY_VALUE) })),
  7: one('bytesValue', 'bytes'),
};
const KEY_VALUE: Schema = { 1: one('key', 'string'), 2: one('value', () => ANY_VALUE) };
const RESOURCE: Schema = { 1: many('attributes', () => KEY_VALUE) };
const SCOPE: Schema = { 1: one('name', 'string'), 2: one('version', 'string') };

const SPAN: Schema = {
  1: one('traceId', 'bytes'),
  2: one('spanId', 'bytes'),
  4: one('parentSpanId', 'bytes'),
  5: one('name', 'string'),
  6: one('kind', 'varint'),
  7: one('startTimeUnixNano', 'fixed64'),
  8: one('endTimeUnixNano', 'fixed64'),
  9: many('attributes', () => KEY_VALUE),
  11: many('events', () => ({
    1: one('timeUnixNano', 'fixed64'),
    2: one('name', 'string'),
    3: many('attributes', () => KEY_VALUE),
  })),
  13: many('links', () => ({
    1: one('traceId', 'bytes'),
    2: one('spanId', 'bytes'),
    4: many('attributes', () => KEY_VALUE),
  })),
  15: one('status', () => ({ 2: one('message', 'string'), 3: one('code', 'varint') })),
  16: one('flags', 'fixed32'),
};

const NUMBER_POINT: Schema = {
  2: one('startTimeUnixNano', 'fixed64'),
  3: one('timeUnixNano', 'fixed64'),
  4: one('asDouble', 'double'),
  6: one('asInt', 'sfixed64'),
  7: many('attributes', () => KEY_VALUE),
};
const HISTOGRAM_POINT: Schema = {
  2: one('startTimeUnixNano', 'fixed64'),
  3: one('timeUnixNano', 'fixed64'),
  4: one('count', 'fixed64'),
  5: one('sum', 'double'),
  6: many('bucketCounts', 'fixed64'),
  7: many('explicitBounds', 'double'),
  9: many('attributes', () => KEY_VALUE),
};
const METRIC: Schema = {
  1: one('name', 'string'),
  2: one('description', 'string'),
  3: one('unit', 'string'),
  5: one('gauge', () => ({ 1: many('dataPoints', () => NUMBER_POINT) })),
  7: one('sum', () => ({
    1: many('dataPoints', () => NUMBER_POINT),
    2: one('aggregationTemporality', 'varint'),
    3: one('isMonotonic', 'bool'),
  })),
  9: one('histogram', () => ({
    1: many('dataPoints', () => HISTOGRAM_POINT),
    2: one('aggregationTemporality', 'varint'),
  })),
};

const LOG_RECORD: Schema = {
  1: one('timeUnixNano', 'fixed64'),
  2: one('severityNumber', 'varint'),
  3: one('severityText', 'string'),
  5: one('body', () => ANY_VALUE),
  6: many('attributes', () => KEY_VALUE),
  8: one('flags', 'fixed32'),
  9: one('traceId', 'bytes'),
  10: one('spanId', 'bytes'),
  11: one('observedTimeUnixNano', 'fixed64'),
  12: one('eventName', 'string'),
};

const request = (outer: string, inner: string, items: string, item: Schema): Schema => ({
  1: many(outer, () => ({
    1: one('resource', () => RESOURCE),
    2: many(inner, () => ({ 1: one('scope', () => SCOPE), 2: many(items, () => item) })),
  })),
});

/** The body of `POST /v1/traces`. */
export const TRACES = request('resourceSpans', 'scopeSpans', 'spans', SPAN);
/** The body of `POST /v1/metrics`. */
export const METRICS = request('resourceMetrics', 'scopeMetrics', 'metrics', METRIC);
/** The body of `POST /v1/logs`. */
export const LOGS = request('resourceLogs', 'scopeLogs', 'logRecords', LOG_RECORD);
