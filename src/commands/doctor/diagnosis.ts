import type { Environment, Protocol, SignalName } from '../../settings/signals.ts';
import { tlsFaultOf } from '../../transport/tls/tls-fault.ts';
import { codeOf } from '../../transport/error-code.ts';
import { obstacleOf, type Obstacle } from '../target/reach.ts';
import { speaksHttp2 } from './http2.ts';

/** A failed attempt to send something of a signal. */
export interface Failure {
  readonly name: SignalName;
  readonly protocol: Protocol;
  readonly address: string;
  readonly error: Error;
}

/** Why an endpoint did not accept what was sent, and which variable fixes that. */
export async function diagnose(failure: Failure, env: Environment): Promise<Obstacle> {
  const { name, protocol, address, error } = failure;
  const cures = curesFor(name, env);
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string') {
    const obstacle = obstacleOf(error, address);
    if (code.startsWith('HPE_') || code === 'ECONNRESET')
      return (await speaksHttp2(address))
        ? { what: `${address} speaks gRPC, not HTTP/1.1`, cure: cures.useGrpc }
        : obstacle;
    const lacks = tlsFaultOf(codeOf(error), error.message)?.lacks;
    if (lacks === undefined) return obstacle;
    return { what: obstacle.what, cure: lacks === 'authority' ? cures.authority : cures.clientCertificate };
  }
  return protocol === 'grpc'
    ? diagnoseGrpc(address, code, error.message, cures)
    : diagnoseHttp(address, code, error.message, cures);
}

interface Cures {
  readonly useGrpc: string;
  readonly useHttp: string;
  readonly format: string;
  readonly credential: string;
  readonly authority: string;
  readonly clientCertificate: string;
  readonly path: string;
  readonly host: string;
}

const BUSY = "the endpoint is busy or broken: read the backend's log";

/** A signal with an endpoint or a setting of its own is fixed by its own variables. */
function curesFor(name: SignalName, env: Environment): Cures {
  const own = (what: string): string => `OTEL_EXPORTER_OTLP_${name.toUpperCase()}_${what}`;
  const isSet = (variable: string): boolean => Boolean(env[variable]?.trim());
  const variable = (what: string): string =>
    isSet(own(what)) || isSet(own('ENDPOINT')) ? own(what) : `OTEL_EXPORTER_OTLP_${what}`;
  const none = name === 'traces' ? '' : `, or set OTEL_${name.toUpperCase()}_EXPORTER=none if it takes no ${name}`;
  return {
    useGrpc: `set ${variable('PROTOCOL')}=grpc, or use the HTTP port (4318 by default)`,
    useHttp: `set ${variable('PROTOCOL')}=http/protobuf, or use the gRPC port (4317 by default)`,
    format: `is it an OTLP endpoint? If so, try ${variable('PROTOCOL')}=http/json, or http/protobuf`,
    credential: `set ${variable('HEADERS')} to what the backend asks for, such as Authorization=Bearer%20TOKEN`,
    authority: `name its authority in ${variable('CERTIFICATE')}=/path/to/ca.pem`,
    clientCertificate: `name one that it accepts in ${variable('CLIENT_CERTIFICATE')} and ${variable('CLIENT_KEY')}`,
    path: isSet(own('ENDPOINT'))
      ? `correct the path in ${own('ENDPOINT')}, which is used unchanged: most end with /v1/${name}${none}`
      : `correct the path: OTEL_EXPORTER_OTLP_ENDPOINT is written without /v1/${name}, ${own('ENDPOINT')} with it${none}`,
    host: `it is no OTLP endpoint for ${name}: correct host and port${none}`,
  };
}

function diagnoseHttp(address: string, status: unknown, message: string, cures: Cures): Obstacle {
  const what = `${address} answered ${typeof status === 'number' ? `HTTP ${status} ` : ''}${message}`;
  switch (status) {
    case 401:
    case 403:
      return { what, cure: cures.credential };
    case 404:
    case 405:
      return { what, cure: cures.path };
    case 400:
    case 415:
      return { what, cure: cures.format };
    default:
      return { what, cure: BUSY };
  }
}

const GRPC_NAMES: Readonly<Record<number, string>> = {
  4: 'DEADLINE_EXCEEDED',
  7: 'PERMISSION_DENIED',
  12: 'UNIMPLEMENTED',
  14: 'UNAVAILABLE',
  16: 'UNAUTHENTICATED',
};

function diagnoseGrpc(address: string, code: unknown, message: string, cures: Cures): Obstacle {
  const because = (name: string): Error => Object.assign(new Error(message), { code: name });
  const known = /ECONNREFUSED|ENOTFOUND|ECONNRESET|EHOSTUNREACH|ETIMEDOUT/.exec(message)?.[0];
  if (/protocol error|HTTP status code: 4|PROTOCOL_ERROR/i.test(message))
    return { what: `${address} does not speak gRPC`, cure: cures.useHttp };
  if (known !== undefined) return obstacleOf(because(known), address);
  if (/name resolution/i.test(message)) return obstacleOf(because('ENOTFOUND'), address);
  if (/certificate|self.signed|altname/i.test(message))
    return { what: `${address}: TLS: ${reasonIn(message)}`, cure: cures.authority };
  if (/EPROTO|wrong version number|SSL routines/i.test(message)) return obstacleOf(because('EPROTO'), address);
  const name = typeof code === 'number' ? (GRPC_NAMES[code] ?? `code ${code}`) : 'an error';
  const what = `${address} answered ${name}: ${reasonIn(message)}`;
  if (code === 16 || code === 7) return { what, cure: cures.credential };
  return { what, cure: code === 12 ? cures.host : BUSY };
}

/** What gRPC says, without its code, its words about its connections, and Node's advice. */
const reasonIn = (message: string): string =>
  message
    .replace(/^\d+ [A-Z_]+: /, '')
    .replace(/^No connection established\. Last error: (?:Error: )?/, '')
    .replace(/(?:; if the root CA .*|\.? *Resolution note:.*)$/s, '');
