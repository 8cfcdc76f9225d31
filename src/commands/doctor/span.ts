import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { SpanKind } from '@opentelemetry/api';
import { attempt } from '../../delivery/attempt.ts';
import { createSender } from '../../delivery/senders.ts';
import type { Signal } from '../../signals.ts';
import { UNSET, type SpanFacts } from '../../telemetry/finished-span.ts';
import { JsonRequests } from '../../telemetry/json-requests.ts';
import { createResource } from '../../telemetry/resource.ts';
import { SCHEMA_URL, SCOPE } from '../../telemetry/semconv.ts';
import { SpanEncoder } from '../../telemetry/span-encoder.ts';
import { now } from '../../transport/clock.ts';
import { version } from '../../version.ts';
import { obstacleOf } from '../reach.ts';
import { ok, problem, type Check } from './check.ts';

/** An endpoint that cannot be reached is asked again until then, in milliseconds. */
const LONGEST = 4_000;
const WHAT = 'test span';
const NAME = 'mcpspan doctor';

/** Sends a span the way the proxy would, and says whether it was taken, and if not, why. */
export async function checkSpan(signal: Signal): Promise<Check> {
  if (!signal.exporters.includes('otlp')) return ok(WHAT, `not sent: traces go to ${signal.target}`);
  const traceId = randomBytes(16).toString('hex');
  const sender = await createSender('spans', signal.protocol, LONGEST);
  const sent = await attempt(sender, {
    signal: 'spans',
    protocol: signal.protocol,
    bytes: encoded(signal, traceId),
    items: 1,
  });
  await sender.shutdown();
  const [address = ''] = signal.target.split(' ');
  if (sent.outcome === 'taken') {
    return sent.rejected === 0
      ? ok(WHAT, `taken by ${address}; look for trace ${traceId}, span '${NAME}'`)
      : problem(WHAT, `${address} answered, but rejected the span`, "look into the backend's log for the reason");
  }
  const { what, cure } = await diagnose(signal, address, sent.error ?? new Error('no reason was given'));
  return problem(WHAT, what, cure);
}

function encoded({ protocol }: Signal, traceId: string): Uint8Array {
  const resource = createResource({ serviceName: 'mcpspan', serviceNameWins: false, version, instance: 'doctor' });
  const origin = { resource, scope: { name: SCOPE, version, schemaUrl: SCHEMA_URL } };
  const requests = protocol === 'http/json' ? new JsonRequests(origin) : new SpanEncoder(origin);
  const at = now();
  const span: SpanFacts = {
    name: NAME,
    kind: SpanKind.INTERNAL,
    traceId,
    spanId: randomBytes(8).toString('hex'),
    parentSpanId: undefined,
    remoteParent: false,
    attributes: {},
    links: [],
    events: [],
    eventsDropped: 0,
    status: UNSET,
    from: at,
    to: at + 1,
  };
  requests.add(span);
  return requests.take();
}

interface Diagnosis {
  readonly what: string;
  readonly cure: string;
}

const USE_GRPC = 'set OTEL_EXPORTER_OTLP_PROTOCOL=grpc, or use the HTTP port (4318 by default)';
const USE_HTTP = 'set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or use the gRPC port (4317 by default)';
const CREDENTIAL = 'set OTEL_EXPORTER_OTLP_HEADERS to what the backend asks for, such as Authorization=Bearer%20TOKEN';

async function diagnose(signal: Signal, address: string, error: Error): Promise<Diagnosis> {
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string') {
    const told = obstacleOf(error, address);
    if (code.startsWith('HPE_') || code === 'ECONNRESET')
      return (await speaksHttp2(address)) ? { what: `${address} speaks gRPC, not HTTP/1.1`, cure: USE_GRPC } : told;
    if (!told.what.includes('TLS: ')) return told;
    return { what: told.what, cure: 'name its authority in OTEL_EXPORTER_OTLP_CERTIFICATE=/path/to/ca.pem' };
  }
  return signal.protocol === 'grpc'
    ? diagnoseGrpc(address, code, error.message)
    : diagnoseHttp(address, code, error.message);
}

function diagnoseHttp(address: string, status: unknown, message: string): Diagnosis {
  const what = `${address} answered ${typeof status === 'number' ? `HTTP ${status} ` : ''}${message}`;
  switch (status) {
    case 401:
    case 403:
      return { what, cure: CREDENTIAL };
    case 404:
    case 405:
      return {
        what,
        cure: 'mend the path: OTEL_EXPORTER_OTLP_ENDPOINT is without /v1/traces, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT with it',
      };
    case 400:
    case 415:
      return {
        what,
        cure: 'is it an OTLP endpoint? If so, try OTEL_EXPORTER_OTLP_PROTOCOL=http/json, or http/protobuf',
      };
    default:
      return { what, cure: "the endpoint is busy or broken: look into the backend's log" };
  }
}

const GRPC_NAMES: Readonly<Record<number, string>> = {
  4: 'DEADLINE_EXCEEDED',
  7: 'PERMISSION_DENIED',
  12: 'UNIMPLEMENTED',
  14: 'UNAVAILABLE',
  16: 'UNAUTHENTICATED',
};

function diagnoseGrpc(address: string, code: unknown, message: string): Diagnosis {
  const because = (name: string): Error => Object.assign(new Error(message), { code: name });
  const known = /ECONNREFUSED|ENOTFOUND|ECONNRESET|EHOSTUNREACH|ETIMEDOUT/.exec(message)?.[0];
  if (/protocol error|HTTP status code: 4|PROTOCOL_ERROR/i.test(message))
    return { what: `${address} does not speak gRPC`, cure: USE_HTTP };
  if (known !== undefined) return obstacleOf(because(known), address);
  if (/name resolution/i.test(message)) return obstacleOf(because('ENOTFOUND'), address);
  if (/certificate|self.signed|altname/i.test(message))
    return {
      what: `${address}: TLS: ${message}`,
      cure: 'name its authority in OTEL_EXPORTER_OTLP_CERTIFICATE=/path/to/ca.pem',
    };
  if (/EPROTO|wrong version number|SSL routines/i.test(message)) return obstacleOf(because('EPROTO'), address);
  const name = typeof code === 'number' ? (GRPC_NAMES[code] ?? `code ${code}`) : 'an error';
  const what = `${address} answered ${name}: ${message}`;
  if (code === 16 || code === 7) return { what, cure: CREDENTIAL };
  if (code === 12) return { what, cure: 'it is no OTLP endpoint for traces: mend host and port' };
  return { what, cure: "the endpoint is busy or broken: look into the backend's log" };
}

const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');
const SETTINGS = 4;
const PATIENCE = 2_000;

/** Whether a server answers HTTP/2's greeting with its own: a SETTINGS frame. */
function speaksHttp2(address: string): Promise<boolean> {
  const url = URL.parse(address);
  if (url === null) return Promise.resolve(false);
  const socket = net.connect(Number(url.port || 80), url.hostname.replace(/^\[|\]$/g, ''));
  socket.setTimeout(PATIENCE);
  socket.write(HTTP2_PREFACE);
  return new Promise((resolve) => {
    const end = (speaks: boolean): void => {
      socket.destroy();
      resolve(speaks);
    };
    // Nine bytes of a frame's head: its length in three, then its type.
    socket.once('data', (bytes) => end(bytes.length >= 4 && bytes[3] === SETTINGS && bytes[0] === 0));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}
