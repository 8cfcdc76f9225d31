import { access } from 'node:fs/promises';
import { closest } from '../../settings/closest.ts';
import { unknownVariables } from '../../settings/misspelt-variables.ts';
import { readSignals, SIGNAL_NAMES, type Environment, type Signals } from '../../settings/signals.ts';
import { readSampler } from '../../transport/trace/sampling.ts';
import { ok, problem, warning, type Check } from './check.ts';

/** The variables that exporting depends on; others are left to the SDK. */
const EXPORTING = ['', 'TRACES_', 'METRICS_', 'LOGS_'].flatMap((signal) =>
  [
    'ENDPOINT',
    'PROTOCOL',
    'HEADERS',
    'TIMEOUT',
    'COMPRESSION',
    'CERTIFICATE',
    'CLIENT_CERTIFICATE',
    'CLIENT_KEY',
    'INSECURE',
  ].map((name) => `OTEL_EXPORTER_OTLP_${signal}${name}`),
);
const COMMON = ['OTEL_SERVICE_NAME', 'OTEL_RESOURCE_ATTRIBUTES', 'OTEL_TRACES_EXPORTER', 'OTEL_METRICS_EXPORTER'];
const KNOWN = [...EXPORTING, ...COMMON, 'OTEL_LOGS_EXPORTER', 'OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG'];

/** Whether `OTEL_*` is complete and consistent, and which signals it turns on; and which `MCPSPAN_*` are not ours. */
export async function checkVariables(env: Environment): Promise<{ signals: Signals; checks: readonly Check[] }> {
  const problems: string[] = [];
  const signals = readSignals(env, problems);
  const checks: Check[] = problems.map((text) => problem('OTEL_*', text, 'correct the variable'));
  checks.push(...unknown(env), ...misspelt(env), ...odd(env), ...(await unreadable(env)), ...sampling(env));
  const on = SIGNAL_NAMES.filter((name) => signals[name] !== undefined);
  for (const name of on) checks.push(ok(name, `to ${signals[name]?.target ?? ''}`));
  if (on.length > 0) {
    for (const name of SIGNAL_NAMES.filter((one) => signals[one] === undefined))
      checks.push(ok(name, env[`OTEL_${name.toUpperCase()}_EXPORTER`] === 'none' ? 'off, as set' : 'off'));
  } else if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') {
    checks.push(warning('OTEL_SDK_DISABLED', 'it is true: nothing is exported', 'unset it to export'));
  } else if (problems.length === 0) {
    checks.push(
      ok('export', 'off: nothing leaves this machine (OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 turns it on)'),
    );
  }
  return { signals, checks };
}

const unknown = (env: Environment): Check[] =>
  unknownVariables(env).map(({ name, meant }) =>
    warning(
      name,
      'mcpspan has no such variable',
      meant === undefined ? 'unset it, or see mcpspan --help-all for the options' : `did you mean ${meant}?`,
    ),
  );

function misspelt(env: Environment): Check[] {
  const strange = Object.keys(env).filter((name) => /^O(TEL|LTP|TLP|TLE)_EXPORTER/.test(name) && !KNOWN.includes(name));
  return strange.flatMap((name) => {
    const near = closest(
      name.toLowerCase(),
      EXPORTING.map((known) => known.toLowerCase()),
    );
    if (near === undefined) return [];
    return [warning(name, 'no such variable', `did you mean ${near.toUpperCase()}?`)];
  });
}

/** Settings that are valid, but hardly intended. */
function odd(env: Environment): Check[] {
  const checks: Check[] = [];
  const file = env['OTEL_CONFIG_FILE'] ?? env['OTEL_EXPERIMENTAL_CONFIG_FILE'];
  if (file !== undefined && file.trim() !== '')
    checks.push(
      warning('OTEL_CONFIG_FILE', 'mcpspan does not read it', 'set the other OTEL_* variables, which it does read'),
    );
  const protocolOf = (signal: string): string =>
    env[`OTEL_EXPORTER_OTLP_${signal}PROTOCOL`]?.trim() ||
    env['OTEL_EXPORTER_OTLP_PROTOCOL']?.trim() ||
    'http/protobuf';
  for (const signal of ['', 'TRACES_', 'METRICS_', 'LOGS_']) {
    const name = `OTEL_EXPORTER_OTLP_${signal}ENDPOINT`;
    const url = URL.parse(env[name]?.trim() ?? '');
    if (url === null) continue;
    const grpc = protocolOf(signal) === 'grpc';
    const path = url.pathname.replace(/\/$/, '');
    if (signal === '' && !grpc && /\/v1\/(traces|metrics|logs)$/.test(path))
      checks.push(
        problem(name, `${path} is appended a second time`, `leave it out, or use OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`),
      );
    if (signal !== '' && !grpc && path === '')
      checks.push(
        problem(name, 'it is used unchanged, and has no path', `append /v1/${signal.toLowerCase().replace('_', '')}`),
      );
    if (!grpc && url.port === '4317')
      checks.push(
        warning(
          name,
          'port 4317 is for gRPC, the protocol is HTTP',
          'use port 4318, or OTEL_EXPORTER_OTLP_PROTOCOL=grpc',
        ),
      );
    if (grpc && url.port === '4318')
      checks.push(
        warning(
          name,
          'port 4318 is for HTTP, the protocol is gRPC',
          'use port 4317, or OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
        ),
      );
  }
  for (const signal of ['', 'TRACES_', 'METRICS_', 'LOGS_']) {
    const name = `OTEL_EXPORTER_OTLP_${signal}HEADERS`;
    const parts = env[name]?.split(',').filter((part) => part.trim() !== '') ?? [];
    if (parts.some((part) => !/^[^=\s]+\s*=/.test(part.trim())))
      checks.push(
        problem(name, "a part of it is not 'name=value'", 'write name=value,name=value; a comma in a value as %2C'),
      );
  }
  return checks;
}

async function unreadable(env: Environment): Promise<Check[]> {
  const named = EXPORTING.filter((name) => /(CERTIFICATE|CLIENT_KEY)$/.test(name));
  const checks: Check[] = [];
  for (const name of named) {
    const path = env[name]?.trim();
    if (path === undefined || path === '') continue;
    const readable = await access(path).then(
      () => true,
      () => false,
    );
    if (!readable) checks.push(problem(name, `cannot read ${path}`, 'correct the path, or its permissions'));
  }
  return checks;
}

function sampling(env: Environment): Check[] {
  const [name, argument] = [env['OTEL_TRACES_SAMPLER'], env['OTEL_TRACES_SAMPLER_ARG']];
  const setting = readSampler(name, argument);
  if (setting === undefined)
    return [
      problem(
        'OTEL_TRACES_SAMPLER',
        `'${name}' with argument '${argument ?? ''}' is not a known sampler`,
        'use always_on, always_off, traceidratio or parentbased_… with an argument from 0 to 1',
      ),
    ];
  if (setting.root === 'always_off' || (setting.root === 'traceidratio' && setting.ratio === 0))
    return [warning('OTEL_TRACES_SAMPLER', 'no trace is ever sampled', 'unset it, or raise its argument')];
  return [];
}
