import { Agent, request } from 'undici';
import { addressText, type Address } from '../../transport/names.ts';
import type { Environment } from '../../settings/signals.ts';
import { SCOPE } from '../../telemetry/semconv.ts';
import { tryListening } from '../../transport/listen.ts';
import { codeOf } from '../../transport/error-code.ts';
import { ok, problem, warning, type Check } from './check.ts';

/** Whether the proxy can listen on an address. `needed`: nothing works without it. */
export async function checkPort(flag: string, address: Address, needed: boolean): Promise<Check> {
  const where = addressText(address);
  if (address.port === 0) return ok(`--${flag}`, `${where}: any free port`);
  const error = await obstacleAt(address);
  if (error === undefined) return ok(`--${flag}`, `${where} is free`);
  // Our own listeners on loopback refuse a foreign Host in known words.
  const said = error === 'EADDRINUSE' ? await read(address, '/', { host: 'doctor.invalid' }) : '';
  if (/^(?:mcpspan: |This page (?:is not at|opens with its token))/.test(said))
    return warning(`--${flag}`, `${where} is taken by a running mcpspan`, 'fine, if you mean that one');
  const cure =
    error === 'EACCES' ? `choose a port from 1024 on: --${flag} HOST:PORT` : `choose another: --${flag} HOST:PORT`;
  return (needed ? problem : warning)(`--${flag}`, faultOf(where, error), cure);
}

const WHAT = 'metrics port';
const DEFAULT_PORT = 9464;

/** Whether metrics can be served to Prometheus as `OTEL_EXPORTER_PROMETHEUS_*` says, or a running mcpspan serves them. */
export async function checkMetricsPort(env: Environment): Promise<Check> {
  const portText = env['OTEL_EXPORTER_PROMETHEUS_PORT']?.trim() || undefined;
  const host = env['OTEL_EXPORTER_PROMETHEUS_HOST']?.trim() || 'localhost';
  // As the SDK reads it: 0 means the default too.
  const address = { host, port: Number(portText ?? DEFAULT_PORT) || DEFAULT_PORT };
  if (portText !== undefined && !/^\d{1,5}$/.test(portText))
    return problem(WHAT, `OTEL_EXPORTER_PROMETHEUS_PORT is '${portText}', which is not a port`, 'correct the variable');
  const where = addressText(address);
  const error = await obstacleAt(address);
  if (error === undefined) return ok(WHAT, `${where} is free`);
  const served = error === 'EADDRINUSE' ? await read(address, '/metrics', {}) : '';
  if (served.includes(`otel_scope_name="${SCOPE}"`)) return ok(WHAT, `a running mcpspan serves ${where}`);
  return problem(
    WHAT,
    faultOf(where, error),
    error === 'EADDRINUSE' || error === 'EACCES'
      ? 'set OTEL_EXPORTER_PROMETHEUS_PORT to a free port from 1024 on'
      : 'set OTEL_EXPORTER_PROMETHEUS_HOST to an address of this machine',
  );
}

const faultOf = (where: string, error: string): string =>
  error === 'EADDRINUSE' ? `${where} is in use` : `cannot listen on ${where} (${error})`;

/** Resolves with the error code of an attempt to listen; undefined: it succeeded. */
const obstacleAt = (address: Address): Promise<string | undefined> =>
  tryListening(address).then(() => undefined, codeOf);

/** The answer to a GET, with or without TLS; empty where nobody answers in HTTP. */
async function read(address: Address, path: string, headers: Record<string, string>): Promise<string> {
  // Whoever it is, nothing secret is sent to them.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const options = { headers, dispatcher, headersTimeout: 1_000, bodyTimeout: 1_000 };
  const ask = async (scheme: string): Promise<string> => {
    const { body } = await request(`${scheme}://${addressText(address)}${path}`, options);
    return body.text();
  };
  const answer = await ask('http')
    .catch(() => ask('https'))
    .catch(() => '');
  await dispatcher.close();
  return answer;
}
