import { readSampler, type SamplerSetting } from '../transport/trace/sampling.ts';
export type Environment = Readonly<Record<string, string | undefined>>;

export type Protocol = 'grpc' | 'http/json' | 'http/protobuf';
export type ExporterName = 'otlp' | 'console' | 'prometheus';

/** Where one signal goes. `target` is for people: an address without user name and password, or a word. */
export interface Signal {
  exporters: readonly ExporterName[];
  protocol: Protocol;
  target: string;
}

/** What leaves the machine, per signal; undefined: off. */
export interface Signals {
  traces: Signal | undefined;
  metrics: Signal | undefined;
  logs: Signal | undefined;
}

export const SIGNAL_NAMES = ['traces', 'metrics', 'logs'] as const;
export type SignalName = (typeof SIGNAL_NAMES)[number];

const KNOWN: Readonly<Record<SignalName, readonly string[]>> = {
  traces: ['otlp', 'console', 'none'],
  metrics: ['otlp', 'console', 'prometheus', 'none'],
  logs: ['otlp', 'console', 'none'],
};

/**
 * Reads from the standard `OTEL_*` variables which signals are on. A signal is on if an endpoint (the general one or its
 * own) or its `OTEL_*_EXPORTER` is set. The OpenTelemetry SDK itself reads everything else about exporting.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function readSignals(env: Environment, problems: string[]): Signals {
  const off = env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true';
  const signal = (name: SignalName) => (off ? undefined : readSignal(name, env, problems));
  return { traces: signal('traces'), metrics: signal('metrics'), logs: signal('logs') };
}

/** Whether any signal is exported. */
export const isExporting = (signals: Signals): boolean => SIGNAL_NAMES.some((name) => signals[name] !== undefined);

/** All signals are off. */
export const NO_SIGNALS: Signals = { traces: undefined, metrics: undefined, logs: undefined };

function readSignal(name: SignalName, env: Environment, problems: string[]): Signal | undefined {
  const upper = name.toUpperCase();
  const value = (key: string): string | undefined => env[key]?.trim() || undefined;
  const own = value(`OTEL_EXPORTER_OTLP_${upper}_ENDPOINT`);
  const general = value('OTEL_EXPORTER_OTLP_ENDPOINT');
  const listed = value(`OTEL_${upper}_EXPORTER`);
  if (own === undefined && general === undefined && listed === undefined) return undefined;

  const exporters: ExporterName[] = [];
  for (const word of new Set((listed ?? 'otlp').split(',').map((part) => part.trim()))) {
    if (word === 'none') return undefined;
    if (!KNOWN[name].includes(word)) {
      problems.push(`OTEL_${upper}_EXPORTER: '${word}' is not one of ${KNOWN[name].join(', ')}`);
    } else if (word === 'otlp' || word === 'console' || word === 'prometheus') {
      exporters.push(word);
    }
  }
  if (exporters.length === 0) return undefined;

  const said = value(`OTEL_EXPORTER_OTLP_${upper}_PROTOCOL`) ?? value('OTEL_EXPORTER_OTLP_PROTOCOL') ?? 'http/protobuf';
  const protocol = said === 'grpc' || said === 'http/json' || said === 'http/protobuf' ? said : undefined;
  if (protocol === undefined) {
    problems.push(`OTEL_EXPORTER_OTLP_PROTOCOL: '${said}' is not one of grpc, http/json, http/protobuf`);
    return undefined;
  }
  for (const [key, address] of [
    [`OTEL_EXPORTER_OTLP_${upper}_ENDPOINT`, own],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', general],
  ] as const) {
    if (address === undefined || protocol === 'grpc') continue;
    const parsed = URL.parse(address);
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
      const problem = `${key} is not an http: or https: URL, for example http://localhost:4318`;
      if (!problems.includes(problem)) problems.push(problem);
    }
  }
  const targets = exporters.map((exporter) =>
    exporter === 'otlp' ? otlpTarget(name, protocol, own, general) : exporterTarget(exporter, env),
  );
  return { exporters, protocol, target: targets.join(', ') };
}

function otlpTarget(
  name: SignalName,
  protocol: Protocol,
  own: string | undefined,
  general: string | undefined,
): string {
  const fallback = protocol === 'grpc' ? 'http://localhost:4317' : 'http://localhost:4318';
  const address = URL.parse(own ?? general ?? fallback);
  if (address === null) return `${own ?? general} (${protocol})`;
  address.username = '';
  address.password = '';
  address.search = '';
  if (protocol !== 'grpc' && own === undefined) address.pathname = `${address.pathname.replace(/\/$/, '')}/v1/${name}`;
  return `${address.href} (${protocol})`;
}

function exporterTarget(exporter: ExporterName, env: Environment): string {
  if (exporter === 'console') return 'stderr';
  const host = env['OTEL_EXPORTER_PROMETHEUS_HOST'] ?? 'localhost';
  return `http://${host}:${env['OTEL_EXPORTER_PROMETHEUS_PORT'] ?? '9464'}/metrics`;
}

/** What `OTEL_*` says: where each signal goes, and which traces are sampled. */
export interface Telemetry {
  signals: Signals;
  sampler: SamplerSetting;
}

const ALWAYS: SamplerSetting = { root: 'always_on', ratio: 1 };

export function readTelemetry(env: Environment, problems: string[]): Telemetry {
  const signals = readSignals(env, problems);
  const sampler = readSampler(env['OTEL_TRACES_SAMPLER'], env['OTEL_TRACES_SAMPLER_ARG']);
  if (sampler === undefined) {
    problems.push(
      'OTEL_TRACES_SAMPLER is not one of always_on, always_off, traceidratio, parentbased_…, or its _ARG is not from 0 to 1',
    );
  }
  return { signals, sampler: sampler ?? ALWAYS };
}
