import { count } from '../../reading/figures.ts';
import type { CountedRefusal } from '../../reading/refusal-words.ts';
import { byServer, upstreamState } from '../../reading/upstream-health.ts';
import type { StoredProcess } from '../../store/process-row.ts';
import type { Context } from './context.ts';
import { copyButton } from './copy.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { code } from './parts.ts';

/** What a client's configuration says to use a server at a URL. */
interface Snippet {
  client: string;
  /** Where it goes. */
  where: string;
  text(name: string, url: string): string;
}

const SNIPPETS: readonly Snippet[] = [
  {
    client: 'Claude Code',
    where: 'in a terminal',
    text: (name, url) => `claude mcp add --transport http ${name} ${url}`,
  },
  {
    client: 'Cursor',
    where: '~/.cursor/mcp.json',
    text: (name, url) => json({ mcpServers: { [name]: { url } } }),
  },
  {
    client: 'VS Code',
    where: '.vscode/mcp.json',
    text: (name, url) => json({ servers: { [name]: { type: 'http', url } } }),
  },
  {
    client: 'Claude Desktop',
    where: 'claude_desktop_config.json',
    text: (name, url) => json({ mcpServers: { [name]: { command: 'npx', args: ['-y', 'mcp-remote', url] } } }),
  },
  {
    client: 'ChatGPT, claude.ai',
    where: 'they need a public https address, such as a tunnel; allow its name with --allow-host NAME',
    text: (_, url) => `cloudflared tunnel --url ${new URL(url).origin}`,
  },
];

/** So many servers get the lines for each client; the lines of others differ in name and address. */
const MAX_LISTENERS = 3;

const json = (value: unknown): string => JSON.stringify(value, undefined, 2);

/** A name that each client takes: letters, digits and hyphens. */
const safeName = (server: string): string =>
  server.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^-|-$/g, '') || 'server';

/** What to do while nobody has come: the address to give to clients, and whether the upstream is there. */
export function nobodyView(
  processes: readonly StoredProcess[],
  refusals: readonly CountedRefusal[],
  { route }: Context,
): VirtualElement {
  const shown = processes
    .filter(({ server }) => route.server === undefined || route.server === server)
    .toSorted(byServer);
  return h(
    'section',
    { key: 'nobody', class: 'nobody' },
    h('h2', {}, refusals.length === 0 ? 'Waiting for the first request' : 'No request has passed yet'),
    refusalList(refusals),
    shown
      .slice(0, MAX_LISTENERS)
      .map((process) => (process.transport === 'http' ? listener(process) : withoutListener(process))),
    shown.length > MAX_LISTENERS && others(shown.slice(MAX_LISTENERS)),
    h('p', { class: 'muted' }, 'No client at hand? ', code('mcpspan demo'), ' plays some clients.'),
  );
}

function listener(process: StoredProcess): VirtualElement {
  const { instance, server, address, upstream } = process;
  return h(
    'article',
    { key: `${instance} ${server}`, class: 'card' },
    h('h3', {}, server),
    h('p', {}, 'Clients connect to ', code(address), ' ', copyButton(address, `the address of ${server}`)),
    h('p', { class: 'muted' }, 'instead of ', code(upstream), ': ', stateText(process)),
    h(
      'ul',
      { class: 'snippets' },
      SNIPPETS.map(({ client, where, text }) => {
        const snippet = text(safeName(server), address);
        return h(
          'li',
          { key: client },
          h('strong', {}, client),
          h('span', { class: 'muted' }, ` ${where} `),
          copyButton(snippet, `the lines for ${client}`),
          h('pre', {}, snippet),
        );
      }),
    ),
  );
}

const others = (processes: readonly StoredProcess[]): VirtualElement =>
  h(
    'ul',
    { key: 'others', class: 'list' },
    processes.map((process) => {
      const { instance, server, transport, address } = process;
      const [where, state] =
        transport !== 'http'
          ? ['', transport === 'stdio' ? 'a wrapped command' : 'known from spans']
          : [[code(address), ' ', copyButton(address, `the address of ${server}`)], stateText(process)];
      return h(
        'li',
        { key: `${instance} ${server}` },
        h('strong', {}, server),
        h('span', { class: 'wrap' }, where),
        h('span', { class: 'end muted' }, state),
      );
    }),
  );

function stateText(process: StoredProcess): Children {
  const state = upstreamState(process);
  if (state === 'unreached') return h('span', { class: 'red' }, 'it cannot be reached');
  return state === 'untried' ? 'not tried yet' : h('span', { class: 'green' }, 'it can be reached');
}

const withoutListener = ({ instance, server, transport }: StoredProcess): VirtualElement =>
  h(
    'article',
    { key: `${instance} ${server}`, class: 'card' },
    h('h3', {}, server),
    h(
      'p',
      {},
      transport === 'stdio'
        ? 'A wrapped command: it runs, and its client has asked nothing yet.'
        : 'Known from spans: none has told of a request yet.',
    ),
  );

/** Requests that mcpspan itself refused, with what admits them. */
export const refusalList = (refusals: readonly CountedRefusal[]): VirtualElement | false =>
  refusals.length > 0 &&
  h(
    'ul',
    { key: 'refusals', class: 'list refusals' },
    refusals.map(({ server, status, text, number }) =>
      h(
        'li',
        { key: `${server} ${status} ${text}` },
        h('strong', { class: 'orange' }, count(number)),
        h('span', { class: 'wrap' }, `refused by mcpspan with HTTP ${status}: ${text}`),
        h('span', { class: 'end muted' }, server),
      ),
    ),
  );
