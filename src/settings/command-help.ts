import type { CommandName } from './command-names.ts';

/** What the help can be about: a command, or one of the two ways to run without one. */
export type HelpTopic = CommandName | 'http' | 'stdio';

export interface CommandHelp {
  /** What is typed, beside its options. */
  usage: string;
  /** What it does, in a line of the overview. */
  summary: string;
  /** Commands to try, each with what it does. */
  examples: readonly (readonly [command: string, meaning: string])[];
  /** The overview names it in its last lines, as it has room for 20 lines of commands. */
  isMinor?: true;
  /** What else one has to know. */
  further?: string;
}

/** Every command, in the order of the overview. */
export const COMMAND_HELP: Readonly<Record<HelpTopic, CommandHelp>> = {
  http: {
    usage: 'mcpspan --upstream URL',
    summary: 'put it in front of a server',
    examples: [
      ['mcpspan --upstream http://localhost:3000/mcp', 'clients use 127.0.0.1:4100/mcp'],
      ['mcpspan --upstream https://mcp.example.com --name prod', 'a server elsewhere, named prod'],
      ['mcpspan --config mcpspan.yaml', 'several servers (docs/several-servers.md)'],
    ],
  },
  stdio: {
    usage: 'mcpspan [options] -- COMMAND…',
    summary: 'wrap the command of a stdio server',
    examples: [
      ['mcpspan -- npx -y some-server', 'in place of npx -y some-server'],
      ['mcpspan --name files -- node server.js', 'under a name of its own'],
      ['mcpspan install', 'every server of every client'],
    ],
    further: 'All that stands after -- belongs to the server (docs/stdio.md).',
  },
  install: {
    usage: 'mcpspan install [CLIENT…]',
    summary: 'wrap all stdio servers here; uninstall unwraps',
    examples: [
      ['mcpspan install --print', 'show what would change'],
      ['mcpspan install', 'show it, ask, and change it'],
      ['mcpspan install cursor codex --yes', 'in these clients, without asking'],
    ],
    further:
      'Clients: claude-desktop, claude-code, cursor, vscode, codex, gemini (docs/install.md). With --json it changes nothing unless --yes is given.',
  },
  uninstall: {
    usage: 'mcpspan uninstall [CLIENT…]',
    isMinor: true,
    summary: 'take it away again',
    examples: [
      ['mcpspan uninstall --print', 'show what would change'],
      ['mcpspan uninstall', 'show it, ask, and change it'],
    ],
    further: 'It finds what is wrapped, also by hand, and also after a client has written its file anew.',
  },
  demo: {
    usage: 'mcpspan demo',
    summary: 'see it with simulated clients',
    examples: [
      ['mcpspan demo', 'play on, with a page to look at'],
      ['mcpspan demo --once', 'one round, and a table'],
      ['mcpspan demo --profile chatgpt-2025,cursor --clients 20', 'twenty clients of two kinds'],
    ],
    further: 'It takes the options of the proxy, too: mcpspan help http. --json goes with --once.',
  },
  page: {
    usage: 'mcpspan page',
    summary: 'the page alone, for all that is recorded',
    examples: [
      ['mcpspan page', 'at http://127.0.0.1:4101, running servers or not'],
      ['mcpspan page --page 127.0.0.1:8000', 'elsewhere'],
    ],
  },
  probe: {
    usage: 'mcpspan probe URL',
    summary: 'does an answer depend on the session?',
    examples: [
      ['mcpspan probe http://localhost:3000/mcp', 'read-only tools, called three ways'],
      ['mcpspan probe http://localhost:3000/mcp --allow-writes', 'also tools that may write'],
      ['mcpspan probe http://localhost:3000/mcp --as chatgpt-2025', 'as this client calls them'],
    ],
    further:
      'Exit code 1: an answer depends on the session; 2: nothing could be told (docs/probe.md). For an https server also --upstream-ca, --upstream-cert and --upstream-key: mcpspan --help-all',
  },
  doctor: {
    usage: 'mcpspan doctor',
    summary: 'does mcpspan have everything it needs?',
    examples: [
      ['mcpspan doctor', 'ports, store, variables, exports'],
      ['mcpspan doctor --upstream http://localhost:3000/mcp', 'and the server'],
    ],
    further:
      'It takes the options of the proxy, too: --config FILE looks at each server of a file. It exits with 1 where there is a problem.',
  },
  collect: {
    usage: 'mcpspan collect',
    isMinor: true,
    summary: 'sessions, figures and alerts from spans that others made',
    examples: [
      ['mcpspan collect', 'receive traces at 127.0.0.1:4319 (OTLP over HTTP)'],
      ['mcpspan collect --otlp 0.0.0.0:4319 --otlp-token TOKEN', 'from other machines'],
    ],
    further:
      'Servers and gateways that make spans of MCP need no proxy: have your Collector send a copy of them here (docs/collect.md). Nothing is passed on. It takes the options of the proxy about page, record, names and spool, too.',
  },
  config: {
    usage: 'mcpspan config check FILE',
    isMinor: true,
    summary: 'check a configuration file',
    examples: [
      ['mcpspan config check mcpspan.yaml', 'which servers it has, or every mistake in it'],
      ['mcpspan config check mcpspan.yaml --json', 'for a program'],
      ['mcpspan --config mcpspan.yaml', 'run it'],
    ],
    further:
      'It exits with 2 where there is a mistake. It takes the options of the proxy, too, and reads MCPSPAN_CONFIG without FILE (docs/several-servers.md).',
  },
  healthcheck: {
    usage: 'mcpspan healthcheck',
    isMinor: true,
    summary: 'is the proxy alive?',
    examples: [
      ['mcpspan healthcheck', 'as HEALTHCHECK of a container'],
      ['mcpspan healthcheck --health 127.0.0.1:4102', 'of a proxy that answers there'],
    ],
    further:
      'It asks /healthz, and exits with 0 if the proxy answers or was told to have no health address, and with 1 if not.',
  },
  sessions: {
    usage: 'mcpspan sessions',
    summary: 'recorded sessions, the latest first',
    examples: [
      ['mcpspan sessions --since 2h', 'of the last two hours'],
      ['mcpspan sessions --client chatgpt --status open', 'that are open, of one client'],
    ],
  },
  session: {
    usage: 'mcpspan session ID',
    summary: 'all that happened in one session',
    examples: [
      ['mcpspan session 4f2a', 'the beginning of the id is enough'],
      ['mcpspan session 4f2a --json', 'for a program'],
    ],
  },
  clients: {
    usage: 'mcpspan clients',
    summary: 'how each client uses each server',
    examples: [
      ['mcpspan clients --since 1h', 'in the last hour'],
      ['mcpspan clients --history', 'when a client changed, and what it was before'],
    ],
  },
  tools: {
    usage: 'mcpspan tools',
    summary: 'how each tool is used, and by whom',
    examples: [
      ['mcpspan tools --since 7d', 'in the last week'],
      ['mcpspan tools --changes', 'when tools changed, and what followed'],
      ['mcpspan tools --changes search', 'how the definition of one tool changed'],
    ],
  },
  slow: {
    usage: 'mcpspan slow',
    summary: 'the operations that took longest',
    examples: [
      ['mcpspan slow --tool search --limit 5', 'the five slowest calls of a tool'],
      ['mcpspan slow --status failed', 'the slowest that failed'],
    ],
  },
  errors: {
    usage: 'mcpspan errors',
    summary: 'what failed, by error, tool and client',
    examples: [
      ['mcpspan errors --since 1h', 'in the last hour, with what the latest said'],
      ['mcpspan errors --client cursor --status rejected', 'what a client does wrong'],
      ['mcpspan errors --code -32603', 'with this code'],
    ],
  },
  tail: {
    usage: 'mcpspan tail',
    summary: 'the latest operations',
    examples: [
      ['mcpspan tail --follow', 'and new ones as they come'],
      ['mcpspan tail --follow --status failed', 'those that fail'],
    ],
  },
  ready: {
    usage: 'mcpspan ready',
    summary: 'can sessions be switched off?',
    examples: [
      ['mcpspan ready', 'yes or no for each server, with what stands in the way'],
      ['mcpspan ready --server prod --since 1d', 'by the traffic of the last day'],
    ],
    further: 'It exits with 0 for yes, 1 for no, 3 where that is not known yet (docs/sessions-off.md).',
  },
  journeys: {
    usage: 'mcpspan journeys [ID]',
    summary: 'attempts to connect, and where they stopped',
    examples: [
      ['mcpspan journeys --since 1h', 'how far each client came, and the latest attempts'],
      ['mcpspan journeys --client chatgpt --status token', 'those that stopped after the token'],
      ['mcpspan journeys 4f2a', 'the stages of one; the beginning of its id is enough'],
    ],
    further: 'What it can see and what not: docs/journeys.md',
  },
  report: {
    usage: 'mcpspan report FILE',
    summary: 'one file to send around: .html, .md, or -',
    examples: [
      ['mcpspan report - --since 24h', 'the last day, as Markdown'],
      ['mcpspan report attempt.md --journey 4f2a', 'one attempt to connect, to be sent to a vendor'],
      ['mcpspan report report.html --price 0.20', 'to open in a browser; a server costs 0.20 an hour'],
    ],
  },
  mcp: {
    usage: 'mcpspan mcp',
    summary: 'let an assistant ask about the record',
    examples: [
      ['claude mcp add mcpspan -- mcpspan mcp', 'for Claude Code'],
      ['mcpspan mcp --store /path/to/store.db', 'over another record'],
    ],
    further: 'It is an MCP server over stdio. Then ask: which tool is slowest for Cursor? (docs/assistant.md)',
  },
  completions: {
    usage: 'mcpspan completions SHELL',
    isMinor: true,
    summary: 'completions for bash, zsh or fish',
    examples: [
      ['source <(mcpspan completions bash)', 'in ~/.bashrc'],
      ['source <(mcpspan completions zsh)', 'in ~/.zshrc, after compinit'],
      ['mcpspan completions fish | source', 'in ~/.config/fish/config.fish'],
    ],
  },
};

export const isHelpTopic = (word: string): word is HelpTopic => Object.hasOwn(COMMAND_HELP, word);
