import type { Finding } from '../../reading/findings.ts';
import type { Now } from '../api.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { copyButton } from './copy.ts';
import { code, link, when } from './parts.ts';
import { elsewhere, type Route } from './route.ts';

const MAX_FINDINGS = 6;

/** What to look at, the worst first, with links. */
export function findingsList({ findings, at }: Now, { route }: Context): Children {
  if (findings.length === 0) return undefined;
  const rest = findings.slice(MAX_FINDINGS);
  const item = (one: Finding): VirtualElement => finding(one, route, at);
  return h(
    'section',
    { class: 'findings', key: 'findings', 'aria-label': 'What to look at' },
    h('h2', {}, 'What to look at'),
    h('ul', {}, findings.slice(0, MAX_FINDINGS).map(item)),
    rest.length > 0 && h('details', {}, h('summary', {}, `${rest.length} more`), h('ul', {}, rest.map(item))),
  );
}

const MARKS: Readonly<Record<Finding['kind'], Children>> = {
  stopped: h('strong', { class: 'red', title: 'It stopped before it could use the server.' }, 'Cannot connect '),
  landmine: h(
    'strong',
    { class: 'red', title: 'It works for one client; for another it fails, rejects or answers nothing.' },
    'Landmine ',
  ),
  risk: h('strong', { class: 'orange', title: 'No harm seen so far.' }, 'Risk '),
  note: undefined,
};

function finding(
  { kind, text, server, client, tool, status, at: happened, change, journey, command }: Finding,
  route: Route,
  at: number,
): VirtualElement {
  // A tool has calls; what a client does with sessions shows in its sessions.
  const view = journey !== undefined ? 'connect' : tool === undefined ? 'sessions' : 'calls';
  const those = elsewhere(route, view, { server: server ?? route.server, client, tool, status, journey });
  return h(
    'li',
    {},
    MARKS[kind],
    text,
    happened !== undefined && [' (', when(happened, at), ')'],
    client !== undefined && [' ', link(those, 'look at them')],
    change !== undefined && [
      ' ',
      link(elsewhere(route, 'tools', { server: server ?? route.server, change }), 'see what changed'),
    ],
    command !== undefined && [' To prove it: ', code(command), copyButton(command, 'the command')],
  );
}
