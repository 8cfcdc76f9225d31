import type { CommandName } from './option-kinds.ts';

/** What the help can be about: a command, or one of the two ways to run without one. */
export type HelpTopic = CommandName | 'http' | 'stdio';

export interface CommandHelp {
  /** What is typed, beside its options. */
  usage: string;
  /** What it does, in a line of the overview. */
  summary: string;
  /** Commands to try, each with what it does. */
  examples: readonly (readonly [command: string, meaning: string])[];
  /** What else one has to know. */
  further?: string;
}

/** Every command, in the order of the overview. */
export const COMMAND_HELP: Readonly<Record<HelpTopic, CommandHelp>> = {
  http: {
    usage: 'mcpspan --upstream URL',
    summary: 'put it in front of a server',
    examples: [
      ['mcpspan --upstream http://localhost:3000/mcp', 'clients connect to http://127.0.0.1:4100/mcp'],
      ['mcpspan --upstream https://mcp.example.com --name prod', 'a server elsewhere, by a name of its own'],
      ['mcpspan --upstream http://localhost:3000 --store off --page off', 'relay only; exports follow OTEL_*'],
    ],
  },
  stdio: {
    usage: 'mcpspan [options] -- COMMAND…',
    summary: 'wrap the command of a stdio server',
    examples: [
      ['mcpspan -- npx -y some-server', 'what a client runs in place of npx -y some-server'],
      ['mcpspan --name files -- node server.js', 'under a name of its own'],
      ['mcpspan install', 'do that for every client on this machine'],
    ],
    further: 'All that stands after -- belongs to the server (docs/stdio.md).',
  },
  install: {
    usage: 'mcpspan install [CLIENT…]',
    summary: 'wrap every stdio server on this machine',
    examples: [
      ['mcpspan install --print', 'show what would change'],
      ['mcpspan install', 'show it, ask, and change it'],
      ['mcpspan install cursor codex --yes', 'in these clients, without asking'],
    ],
    further: 'Clients: claude-desktop, claude-code, cursor, vscode, codex, gemini (docs/install.md).',
  },
  uninstall: {
    usage: 'mcpspan uninstall [CLIENT…]',
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
    further: 'It takes the options of the proxy, too: mcpspan help http',
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
      ['mcpspan probe http://localhost:3000/mcp', 'call its read-only tools in three ways, and compare'],
      ['mcpspan probe http://localhost:3000/mcp --allow-writes', 'call the others, too'],
      ['mcpspan probe http://localhost:3000/mcp --as chatgpt-2025', 'as this client does'],
    ],
    further: 'It exits with 1 where an answer depends on the session, 2 where nothing could be told (docs/probe.md).',
  },
  doctor: {
    usage: 'mcpspan doctor',
    summary: 'does mcpspan have everything it needs?',
    examples: [
      ['mcpspan doctor', 'ports, store, variables, exports'],
      ['mcpspan doctor --upstream http://localhost:3000/mcp', 'and the server'],
    ],
    further: 'It takes the options of the proxy, too, and exits with 1 where there is a problem.',
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
      ['mcpspan tools --client cursor', 'as one client uses them'],
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
  tail: {
    usage: 'mcpspan tail',
    summary: 'the latest operations',
    examples: [
      ['mcpspan tail --follow', 'and new ones as they come'],
      ['mcpspan tail --follow --status failed', 'those that fail'],
    ],
  },
  report: {
    usage: 'mcpspan report FILE',
    summary: 'one file to send around: .html, .md, or -',
    examples: [
      ['mcpspan report report.html', 'to open in a browser'],
      ['mcpspan report - --since 24h', 'the last day, as Markdown'],
      ['mcpspan report report.html --price 0.20', 'with what it costs, at 0.20 for an hour of a server'],
    ],
  },
  mcp: {
    usage: 'mcpspan mcp',
    summary: 'an MCP server over the record, for an assistant (docs/assistant.md)',
    examples: [
      ['claude mcp add mcpspan -- mcpspan mcp', 'for Claude Code; then ask it: why did this call fail?'],
      ['mcpspan mcp --store /path/to/store.db', 'over another record'],
    ],
  },
  completions: {
    usage: 'mcpspan completions SHELL',
    summary: 'completions for bash, zsh or fish',
    examples: [
      ['source <(mcpspan completions bash)', 'in ~/.bashrc'],
      ['source <(mcpspan completions zsh)', 'in ~/.zshrc, after compinit'],
      ['mcpspan completions fish | source', 'in ~/.config/fish/config.fish'],
    ],
  },
};

export const isHelpTopic = (word: string): word is HelpTopic => Object.hasOwn(COMMAND_HELP, word);
