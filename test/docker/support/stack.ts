import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { services } from '../../deploy/compose.ts';
import { binary } from '../../stack/support/programs.ts';
import { freePorts } from '../../stack/support/ports.ts';
import { scratch } from '../../stack/support/scratch.ts';
import { withEngine } from './docker.ts';
import type { Engine } from './engine.ts';
import { REVISION } from './images.ts';

type Variables = Readonly<Record<string, string>>;

export interface Stack extends AsyncDisposable {
  /** Ports that are published on loopback, by the variables that name them. */
  readonly ports: Readonly<Record<(typeof PORTS)[number], number>>;
  /** Services of docker-compose.yml that are there; some images cannot be had everywhere. */
  readonly names: readonly string[];
  /** `docker compose up -d --wait`: resolves when all that is there is healthy. */
  up(variables?: Variables): Promise<void>;
  /** Any other command of `docker compose`. Resolves with its stdout. */
  compose(...args: readonly string[]): Promise<string>;
  /** The id of a service's container; undefined: it has none. */
  containerOf(name: string): Promise<string | undefined>;
}

const PORTS = ['MCPSPAN_PORT', 'JAEGER_PORT', 'PROMETHEUS_PORT', 'ALERTMANAGER_PORT', 'GRAFANA_PORT'] as const;

/** Images for which nothing stands in. */
const NOT_HERE = ['tempo', 'grafana'];

/**
 * docker-compose.yml as a project of its own on free ports. Nothing of it is changed but what `override` says, and, in an
 * engine of ours, that services without an image are left out.
 * @param further compose files that stand beside it
 */
export async function openStack(
  engine: Engine,
  override: Readonly<Record<string, object>> = {},
  further: readonly string[] = [],
): Promise<Stack> {
  const disk = await scratch('compose');
  const found = await freePorts(PORTS.length);
  // One port for each name.
  const ports = Object.fromEntries(PORTS.map((name, index) => [name, found[index]])) as Stack['ports'];
  const left = engine.isOurs ? NOT_HERE : [];
  const names = services()
    .map(({ name }) => name)
    .filter((name) => !left.includes(name));
  const file = join(disk.folder, 'override.yml');
  await writeFile(file, overrideText(left, override));
  const project = `mcpspan-test-${process.pid}`;
  const run = async (args: readonly string[], variables: Variables = {}): Promise<string> => {
    const files = ['docker-compose.yml', ...further, file].flatMap((name) => ['-f', name]);
    const where = ['-p', project, ...files];
    const set = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)]));
    return (
      await withEngine(engine, binary('docker-compose'), [...where, ...args], {
        ...set,
        REVISION,
        ...variables,
      })
    ).stdout;
  };
  return {
    ports,
    names,
    up: async (variables) => void (await run(['up', '-d', '--wait'], variables)),
    compose: (...args) => run(args),
    containerOf: async (name) => (await run(['ps', '-aq', name])).trim() || undefined,
    [Symbol.asyncDispose]: async () => {
      await run(['down', '-v', '-t', '5']);
      await disk[Symbol.asyncDispose]();
    },
  };
}

/** As YAML. The tag says that what stands in docker-compose.yml is replaced. */
function overrideText(left: readonly string[], override: Readonly<Record<string, object>>): string {
  const absent = left.map((name) => [name, { profiles: ['not-here'] }]);
  const waits = { jaeger: { condition: 'service_healthy' }, prometheus: { condition: 'service_healthy' } };
  const collector = left.length === 0 ? {} : { collector: { depends_on: waits } };
  const text = stringify({ services: { ...Object.fromEntries(absent), ...collector, ...override } });
  return text.replace('depends_on:', 'depends_on: !override');
}
