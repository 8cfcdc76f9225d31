import { Problem, type Option } from '../src/settings/option-kinds.ts';
import { CAPTURES, GROUPINGS, OPTIONS, type OptionName } from '../src/settings/options.ts';
import { SERVER_OPTIONS } from '../src/settings/server-config.ts';
import { PROCESS_OPTIONS } from '../src/settings/written-options.ts';

/** A JSON schema of draft 7, as far as it is needed here. */
export interface Schema {
  readonly [keyword: string]: unknown;
}

/** Where the published schema is, for editors. */
export const SCHEMA_URL = 'https://raw.githubusercontent.com/mcpspan/mcpspan/main/schema/config.schema.json';

const ADDRESS = String.raw`(?:(?:\[[0-9a-fA-F:.]+\]|[^:\[\]\s]+):)?\d{1,5}`;
/** As `parsePath` takes it: segments of plain characters, not `.well-known` and no dots alone. */
const PATH = String.raw`^(?!/\.well-known(?:/|$))(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+)+$`;
const HOST = String.raw`^(?:[^/?#@\\:*\s\[\]]+|\[[0-9a-fA-F:.]+\])$`;
const MAX_PORT = 65_535;
const MAX_SECONDS = 2_000_000;

/** The words of the options that take a list of certain words. */
const WORDS: Partial<Record<OptionName, readonly string[]>> = { capture: CAPTURES, group: GROUPINGS };

/** The schema of a configuration file. */
export function configSchema(): Schema {
  const options = [...new Set<OptionName>([...PROCESS_OPTIONS, ...SERVER_OPTIONS])];
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: SCHEMA_URL,
    title: 'Configuration of mcpspan',
    description: 'Options of the proxy, and the servers behind it (docs/several-servers.md).',
    type: 'object',
    required: ['servers'],
    additionalProperties: false,
    properties: {
      ...references(PROCESS_OPTIONS),
      servers: {
        description: 'The servers behind the proxy, and how requests find each of them.',
        type: 'array',
        minItems: 1,
        items: { $ref: '#/definitions/server' },
      },
    },
    definitions: {
      server: {
        type: 'object',
        required: ['upstream'],
        additionalProperties: false,
        properties: {
          ...references(SERVER_OPTIONS),
          host: {
            description: 'the name in Host that its requests come with, without a port',
            type: 'string',
            pattern: HOST,
          },
          path: {
            description:
              'how the paths of its requests begin, such as /quiz; the path of its upstream takes the place of this part',
            type: 'string',
            pattern: PATH,
          },
          listen: {
            ...optionSchema('listen'),
            description: 'where its clients connect, if not where those of others do',
          },
        },
      },
      ...Object.fromEntries(options.map((name) => [name, optionSchema(name)])),
    },
  };
}

const references = (names: readonly OptionName[]): Schema =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/definitions/${name}` }]));

function optionSchema(name: OptionName): Schema {
  // The table pairs each name with its own value type; a loop over names can't say so to the compiler.
  const option = OPTIONS[name] as unknown as Option<unknown>;
  const shown = option.shown === undefined ? '' : ` [${option.shown}]`;
  return { description: `${option.meaning.replaceAll('`', '')}${shown}`, ...valueSchema(name, option) };
}

/** What may be written for an option. An editor is stricter than the program: words are no numbers. */
function valueSchema(name: OptionName, { argument, repeatable, parse, default: usual }: Option<unknown>): Schema {
  const word = { type: 'string', pattern: String.raw`\S` };
  switch (argument) {
    case undefined:
      return { type: 'boolean' };
    case 'HOST:PORT':
    case 'HOST:PORT|off':
      return {
        type: ['string', 'integer'],
        pattern: argument === 'HOST:PORT' ? `^${ADDRESS}$` : `^(?:off|${ADDRESS})$`,
        minimum: 0,
        maximum: MAX_PORT,
      };
    case 'URL':
      return { type: 'string', pattern: '^[hH][tT][tT][pP][sS]?://[^\\s]+$' };
    case 'SECONDS':
      return { type: 'number', minimum: 0, maximum: MAX_SECONDS };
    case 'N': {
      // Least values are powers of two.
      const least = Array.from({ length: 30 }, (_, power) => 2 ** power).find(
        (number) => !(parse(String(number), usual) instanceof Problem),
      );
      return { type: ['integer', 'string'], minimum: least, pattern: String.raw`^\d[\d_]*$` };
    }
    case 'LIST': {
      if (repeatable === true) return oneOrMore(word);
      const words = WORDS[name];
      if (words === undefined) throw new Error(`--${name} takes a list: name its words here`);
      const one = `(?:${words.join('|')})`;
      return {
        anyOf: [
          { type: 'string', pattern: `^(?:none|${one}(?: *, *${one})*)$` },
          { type: 'array', items: { enum: words } },
        ],
      };
    }
    default:
      if (repeatable === true) return oneOrMore(word);
      // A choice between words, and nothing else.
      return /^[a-z+-]+(?:\|[a-z+-]+)+$/.test(argument) ? { enum: argument.split('|') } : word;
  }
}

const oneOrMore = (item: Schema): Schema => ({ anyOf: [item, { type: 'array', items: item }] });

/** The text of the file. */
export const schemaText = (): string => `${JSON.stringify(configSchema(), undefined, 2)}\n`;
