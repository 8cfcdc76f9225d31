import { variableOf } from './config.ts';
import type { CommandName, Option } from './option-kinds.ts';
import { OPTIONS } from './options.ts';

interface Row {
  argument?: string;
  shown?: string;
  meaning: string;
  internal?: true;
  only?: Option<never>['only'];
}

const COMMANDS: readonly CommandName[] = ['demo', 'probe', 'doctor'];

const rows = (): [string, Row][] => Object.entries<Row>(OPTIONS);

const line = ([name, { argument, shown, meaning }]: [string, Row]): string => {
  const flag = `  --${name}${argument === undefined ? '' : ` ${argument}`}`;
  const text = meaning.replaceAll('`', '') + (shown === undefined ? '' : ` [${shown}]`);
  return flag.length < 32 ? `${flag.padEnd(32)}${text}` : `${flag}\n${' '.repeat(32)}${text}`;
};

/** @param all with the internals. */
export function help(all: boolean): string {
  const of = (choose: (row: Row) => boolean): string =>
    rows()
      .filter(([, row]) => choose(row))
      .map(line)
      .join('\n');
  const parts = [
    `mcpspan: see what MCP clients do to your server. A proxy that turns every session into a trace and changes nothing.

  mcpspan --upstream http://localhost:3000/mcp     put it in front of a server
  mcpspan [options] -- npx -y some-server          wrap the command of a stdio server
  mcpspan demo [--once]                            see it with simulated clients
  mcpspan probe http://localhost:3000/mcp          does an answer depend on the session? (docs/probe.md)
  mcpspan doctor [--upstream URL]                  is everything there that mcpspan needs?
  mcpspan --help | --help-all | --version

Telemetry goes where OTEL_EXPORTER_OTLP_ENDPOINT and the other OTEL_* variables say; without them nothing leaves.

Options (or environment: ${variableOf('listen')} for --listen, and so on)
${of((row) => row.internal === undefined && row.only === undefined)}

Options for HTTP
${of((row) => row.only === 'http')}

${COMMANDS.map((command) => `Options of ${command}\n${of(({ only }) => Array.isArray(only) && only.includes(command))}`).join('\n\n')}`,
  ];
  if (all) parts.push(`Internals\n${of((row) => row.internal === true)}`);
  return `${parts.join('\n\n')}\n`;
}

/** The README's table of options, in Markdown. */
export function optionTable(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const row = ([name, { argument, shown, meaning, only }]: [string, Row]): string =>
    `| \`--${name}${argument === undefined ? '' : ` ${cell(argument)}`}\` | ${shown === undefined ? '–' : `\`${cell(shown)}\``} | ${Array.isArray(only) ? `${only.join(', ')}: ` : ''}${cell(meaning)} |`;
  return ['| option | default | meaning |', '|---|---|---|', ...rows().map(row)].join('\n');
}
