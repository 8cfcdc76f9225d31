import { configSchema, type Schema } from '../schema/config-schema.ts';
import type { OptionName } from '../src/settings/options.ts';
import { SERVER_OPTIONS } from '../src/settings/server-config.ts';
import { PROCESS_OPTIONS } from '../src/settings/written-options.ts';
import type { ValueSchema } from './chart-values.ts';

/** `spool:` says the first two; the image has its file for health; a token belongs in a secret, and a name to a server. */
const NOT_IN_FILE: readonly OptionName[] = ['spool', 'spool-max-mb', 'health-file', 'page-token', 'name'];

/** Where the schema of the chart says more, or asks for more, than that of the configuration file. */
const CONFIG_BY_HAND = ['listen', 'health', 'page', 'drain-delay', 'drain-seconds'];
const SERVER_BY_HAND = ['name', 'upstream', 'path', 'host', 'listen'];

interface ChartSchema {
  readonly properties: {
    readonly config: { properties: Readonly<Record<string, unknown>> };
    readonly servers: { readonly items: { properties: Readonly<Record<string, unknown>> } };
  };
}

/** Parses `values.schema.json`. */
export const schemaOf = (text: string): ValueSchema & ChartSchema => JSON.parse(text);

function withOptions(
  written: Readonly<Record<string, unknown>>,
  byHand: readonly string[],
  names: readonly OptionName[],
): Record<string, unknown> {
  // True: it has a definition for each option.
  const definitions = configSchema()['definitions'] as Readonly<Record<string, Schema>>;
  return {
    ...Object.fromEntries(names.map((name) => [name, definitions[name]])),
    ...Object.fromEntries(Object.entries(written).filter(([name]) => byHand.includes(name))),
  };
}

/** The text of `values.schema.json` with the options that mcpspan has now. */
export function schemaFile(text: string): string {
  const schema = schemaOf(text);
  const { config, servers } = schema.properties;
  const common = PROCESS_OPTIONS.filter((name) => !NOT_IN_FILE.includes(name));
  config.properties = withOptions(config.properties, CONFIG_BY_HAND, common);
  servers.items.properties = withOptions(servers.items.properties, SERVER_BY_HAND, SERVER_OPTIONS);
  return `${JSON.stringify(schema, null, 2)}\n`;
}
