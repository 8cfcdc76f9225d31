import {
  outageInWords,
  outageOf,
  upstreamsInWords,
  type ServerHealth,
  type UpstreamState,
} from '../../reading/upstream-health.ts';
import type { StoredProcess } from '../../store/process-row.ts';
import { h, type Children, type VirtualElement } from './element.ts';

const DOTS: Readonly<Record<UpstreamState, string>> = {
  unreached: 'dot bad',
  untried: 'dot',
  reached: 'dot good',
  wrapped: 'dot good',
};
const WORDS: Readonly<Record<UpstreamState, string>> = {
  unreached: 'cannot be reached',
  untried: 'not tried yet',
  reached: 'can be reached',
  wrapped: 'wraps a command',
};

/** How all upstreams fare: those that cannot be reached first, with what to do, and the others on a board. */
export function upstreamsBoard(servers: readonly ServerHealth[], at: number): VirtualElement {
  const down = servers.filter(({ state }) => state === 'unreached');
  const others = servers.filter(({ state }) => state !== 'unreached');
  const summary = upstreamsInWords(servers);
  return h(
    'section',
    { key: 'upstreams', 'aria-label': 'Upstreams' },
    summary !== '' && h('p', { key: 'summary', class: down.length > 0 ? 'red' : undefined }, summary),
    down.length > 0 &&
      h(
        'ul',
        { key: 'down', class: 'down' },
        down.map((server) => outage(server, at)),
      ),
    others.length > 0 && h('ul', { key: 'board', class: 'board card' }, others.map(tile)),
  );
}

function outage({ server, processes }: ServerHealth, at: number): VirtualElement {
  const failing = processes.filter((process) => outageOf(process) !== undefined);
  const cures = new Set(failing.map((process) => outageOf(process)?.fault?.cure).filter((cure) => cure !== undefined));
  return h(
    'li',
    { key: server, class: 'card' },
    h('strong', {}, h('span', { class: DOTS.unreached, 'aria-hidden': 'true' }), server),
    failing.length < processes.length &&
      h('span', { class: 'muted' }, ` in ${failing.length} of ${processes.length} processes`),
    failing.map((process) => line(process, processes.length > 1, at)),
    [...cures].map((cure) => h('p', { class: 'muted' }, `What to do: ${cure}.`)),
  );
}

/** @param named which of several processes it is, is said */
function line(process: StoredProcess, named: boolean, at: number): Children {
  const found = outageOf(process);
  return (
    found !== undefined &&
    h(
      'p',
      { key: process.instance, class: 'red' },
      outageInWords(found, process.upstream, at),
      named && h('span', { class: 'muted' }, ` pid ${process.pid}`),
    )
  );
}

function tile({ server, state, processes }: ServerHealth): VirtualElement {
  const [first] = processes;
  const upstreams = [...new Set(processes.map(({ upstream }) => upstream))].filter(Boolean).join(', ');
  return h(
    'li',
    {
      key: server,
      title: `${server}: ${WORDS[state]}${upstreams === '' ? '' : `, ${first?.address ?? ''} → ${upstreams}`}`,
    },
    h('span', { class: DOTS[state], 'aria-hidden': 'true' }),
    h('strong', {}, server),
    h('span', { class: 'muted' }, state === 'reached' ? upstreams.replaceAll('http://', '') : WORDS[state]),
    state === 'reached' && h('span', { class: 'unseen' }, WORDS.reached),
  );
}
