import { OTLPExporterError } from '@opentelemetry/otlp-exporter-base';
import { describe, expect, it } from 'vitest';
import { isRefusal } from '../../src/delivery/attempt.ts';

/** As grpc-js has it, with what a server may say in its trailers. */
function grpcError(code: number, details?: string): Error {
  const metadata = {
    get: (name: string) => (name === 'grpc-status-details-bin' && details ? [Buffer.from(details)] : []),
  };
  return Object.assign(new Error(`${code} NAME: text`), { code, metadata });
}

describe('a failed export is no refusal, and may be repeated, as', () => {
  it.each([
    ['no reason is given', undefined],
    ['the connection failed', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['the certificate was not trusted', Object.assign(new Error('tls'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' })],
    ['the time was up', new Error('Request timed out')],
    ['the SDK gave up repeating it', new OTLPExporterError('Export failed with retryable status')],
    ['HTTP said: too many', new OTLPExporterError('Too Many Requests', 429)],
    ['HTTP said: not available', new OTLPExporterError('Service Unavailable', 503)],
    ['gRPC said: deadline exceeded', grpcError(4)],
    ['gRPC said: not available', grpcError(14)],
    ['gRPC said: out of resources, retry later', grpcError(8, '\n type.googleapis.com/google.rpc.RetryInfo')],
  ])('%s', (_, error) => {
    expect(isRefusal(error)).toBe(false);
  });
});

describe('a failed export is a refusal, never to be repeated, as', () => {
  it.each([
    ['HTTP said: bad request', new OTLPExporterError('Bad Request', 400)],
    ['HTTP said: broken', new OTLPExporterError('Internal Server Error', 500)],
    ['gRPC said: invalid argument', grpcError(3)],
    ['gRPC said: unauthenticated', grpcError(16)],
    ['gRPC said: out of resources, which is for good', grpcError(8)],
    ['gRPC said: out of resources, with other details', grpcError(8, 'google.rpc.Help')],
  ])('%s', (_, error) => {
    expect(isRefusal(error)).toBe(true);
  });
});
