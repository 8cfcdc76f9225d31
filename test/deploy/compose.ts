import { interpolateAll, type Values } from './variables.ts';
import { at, fields, items, readYaml, texts } from './yaml.ts';

export const COMPOSE = 'docker-compose.yml';

export interface Mount {
  /** A path in the repository, or the name of a volume. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

export interface Service {
  readonly name: string;
  readonly raw: unknown;
  readonly environment: Values;
  readonly mounts: readonly Mount[];
  /** As HOST:PUBLISHED:CONTAINER. */
  readonly ports: readonly string[];
  readonly command: readonly string[];
}

/** docker-compose.yml as `docker compose` reads it with these variables set. */
export function services(values: Values = {}): readonly Service[] {
  const composed = interpolateAll(readYaml(COMPOSE), values);
  return Object.entries(fields(at(composed, 'services'))).map(([name, raw]) => ({
    name,
    raw,
    environment: Object.fromEntries(
      Object.entries(fields(at(raw, 'environment'))).map(([key, value]) => [key, String(value)]),
    ),
    mounts: texts(at(raw, 'volumes')).map((text) => {
      const [source = '', target = '', mode] = text.split(':');
      return { source, target, readOnly: mode === 'ro' };
    }),
    ports: texts(at(raw, 'ports')),
    command: texts(at(raw, 'command')),
  }));
}

export function service(name: string, values: Values = {}): Service {
  const found = services(values).find((one) => one.name === name);
  if (found === undefined) throw new Error(`${COMPOSE} has no service ${name}`);
  return found;
}

/** What compose waits for before it starts a service, by name. */
export const dependencies = ({ raw }: Service): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fields(at(raw, 'depends_on'))).map(([name, how]) => [name, String(at(how, 'condition'))]),
  );

export const isVolume = ({ source }: Mount): boolean => !source.startsWith('.');

export const healthCheck = ({ raw }: Service): readonly string[] => items(at(raw, 'healthcheck', 'test')).map(String);

/** Seconds of a duration such as `40s` or `12m`. */
export function seconds(duration: unknown): number {
  const match = /^(\d+)(s|m|h)$/.exec(String(duration));
  if (match === null) throw new Error(`not a duration: ${String(duration)}`);
  return Number(match[1]) * { s: 1, m: 60, h: 3_600 }[match[2] === 'h' ? 'h' : match[2] === 'm' ? 'm' : 's'];
}
