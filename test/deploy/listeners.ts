import { service, services } from './compose.ts';
import { environment, finalStage } from './dockerfile.ts';
import { interpolate, interpolateAll } from './variables.ts';
import { at, leaves, readYaml } from './yaml.ts';

/** What a program listens on when its configuration says nothing. */
const BY_ITSELF: Readonly<Record<string, readonly number[]>> = {
  prometheus: [9090],
  alertmanager: [9093],
  grafana: [3000],
};

/** `host:port` in a configuration file: an address that is listened on. */
const portsAt = (value: unknown): number[] =>
  leaves(value).flatMap((text) => (/^[^/]*:\d+$/.test(text) ? [Number(text.split(':').at(-1))] : []));

/**
 * The ports that each service listens on for others, read from the very files that compose mounts into it, with the
 * variables that compose sets.
 */
export function listeners(): ReadonlyMap<string, readonly number[]> {
  const collector = interpolateAll(readYaml('otel-collector-config.yaml'), service('collector').environment);
  const jaeger = interpolateAll(readYaml('deploy/jaeger.yaml'), service('jaeger').environment);
  const tempo = interpolateAll(readYaml('deploy/tempo.yaml'), service('tempo').environment);
  const image = environment(finalStage('Dockerfile'));
  const ownMetrics = leaves(at(collector, 'service', 'telemetry')).filter((text) => /^\d+$/.test(text));
  const configured: Readonly<Record<string, readonly number[]>> = {
    collector: [
      ...portsAt([at(collector, 'receivers'), at(collector, 'extensions', 'health_check')]),
      ...ownMetrics.map(Number),
    ],
    jaeger: portsAt([at(jaeger, 'receivers'), at(jaeger, 'extensions')]),
    tempo: [Number(at(tempo, 'server', 'http_listen_port')), ...portsAt(at(tempo, 'distributor'))],
    mcpspan: portsAt([image['MCPSPAN_LISTEN'], image['MCPSPAN_HEALTH']]),
    simulator: [Number(service('simulator').environment['SIMULATOR_PORT'])],
  };
  return new Map(services().map(({ name }) => [name, configured[name] ?? BY_ITSELF[name] ?? []]));
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Every `host:port` and `http://host:port/…` anywhere inside, whose host is a name of one label or a loopback address. */
export const addressesIn = (value: unknown): readonly Address[] =>
  leaves(value).flatMap((text) =>
    [...interpolate(text, {}).matchAll(/(?<![\w.-])(localhost|127\.0\.0\.1|[a-z][a-z-]*):(\d{2,5})(?![\w.:-])/g)].map(
      ([, host = '', port]) => ({ host, port: Number(port) }),
    ),
  );
