import { variableOf } from './read-settings.ts';
import { isStoreCommand, STORE_COMMANDS, type Option } from './option-kinds.ts';
import { OPTIONS } from './options.ts';

interface Row {
  argument?: string;
  shown?: string;
  meaning: string;
  internal?: true;
  only?: Option<never>['only'];
}

const rows = (): [string, Row][] => Object.entries<Row>(OPTIONS);

const line = ([name, { argument, shown, meaning }]: [string, Row]): string => {
  const flag = `  --${name}${argument === undefined ? '' : ` ${argument}`}`;
  const text = meaning.replaceAll('`', '') + (shown === undefined ? '' : ` [${shown}]`);
  return flag.length < 32 ? `${flag.padEnd(32)}${text}` : `${flag}\n${' '.repeat(32)}${text}`;
};

/** The commands that an option belongs to, in words. */
function commandsOf({ only }: Row): string | undefined {
  if (only === undefined || only === 'http') return undefined;
  const all = STORE_COMMANDS.every((command) => only.includes(command));
  const others = only.filter((command) => !all || !isStoreCommand(command));
  return [...others, ...(all ? ['commands that read the store'] : [])].join(', ');
}

function groups(): [string, [string, Row][]][] {
  const grouped = Map.groupBy(rows(), ([, row]) => commandsOf(row));
  return [...grouped].flatMap(([title, members]) => (title === undefined ? [] : [[title, members]]));
}

/** @param all includes internal options */
export function help(all: boolean): string {
  const of = (choose: (row: Row) => boolean): string =>
    rows()
      .filter(([, row]) => choose(row))
      .map(line)
      .join('\n');
  const parts = [
    `mcpspan: see what MCP clients do with your server. A proxy that turns every session into a trace and changes nothing.

  mcpspan --upstream http://localhost:3000/mcp     put it in front of a server
  mcpspan [options] -- npx -y some-server          wrap the command of a stdio server
  mcpspan demo [--once]                            see it with simulated clients
  mcpspan page                                     the page alone, for every mcpspan of this user
  mcpspan probe http://localhost:3000/mcp          does an answer depend on the session? (docs/probe.md)
  mcpspan install | uninstall [CLIENT…]            wrap every stdio server in the clients on this machine (docs/install.md)
  mcpspan doctor [--upstream URL]                  does mcpspan have everything it needs?
  mcpspan sessions | session ID | clients | tools | slow | tail | report FILE
                                                   read what was recorded
  mcpspan --help | --help-all | --version

Telemetry goes where OTEL_EXPORTER_OTLP_ENDPOINT and the other OTEL_* variables say; without them nothing is exported.

Options (or environment variables: ${variableOf('listen')} for --listen, and so on)
${of((row) => row.internal === undefined && row.only === undefined)}

Options for HTTP
${of((row) => row.only === 'http')}

${groups()
  .map(([title, members]) => `Options for ${title}\n${members.map(line).join('\n')}`)
  .join('\n\n')}`,
  ];
  if (all) parts.push(`Internals\n${of((row) => row.internal === true)}`);
  return `${parts.join('\n\n')}\n`;
}

/** The table of docs/options.md. */
export function optionTable(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const row = ([name, of]: [string, Row]): string => {
    const { argument, shown, meaning } = of;
    const commands = commandsOf(of);
    return `| \`--${name}${argument === undefined ? '' : ` ${cell(argument)}`}\` | ${shown === undefined ? '–' : `\`${cell(shown)}\``} | ${commands === undefined ? '' : `${commands}: `}${cell(meaning)} |`;
  };
  return ['| option | default | meaning |', '|---|---|---|', ...rows().map(row)].join('\n');
}
