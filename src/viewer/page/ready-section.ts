import { count, percent } from '../../reading/figures.ts';
import type { Point, Readiness } from '../../reading/ready-words.ts';
import { h, type Children, type VirtualElement } from './element.ts';

const TONES: Readonly<Record<Readiness['answer'], string>> = { yes: 'good', no: 'bad', unknown: 'warn' };
const WORDS: Readonly<Record<Readiness['answer'], string>> = { yes: 'yes', no: 'no', unknown: 'not known yet' };

/** Whether sessions can be switched off, for each server, with what stands in the way. */
export const readySection = (all: readonly Readiness[]): readonly Children[] =>
  all.length === 0
    ? []
    : [
        h('h2', { key: 'ready title' }, 'Can sessions be switched off?'),
        h('div', { key: 'ready', class: 'cards' }, all.map(serverCard)),
      ];

function serverCard({ server, answer, sentence, clients, obstacles, notes }: Readiness): VirtualElement {
  const done = clients.filter(({ needs }) => needs === 'nothing');
  const calls = done.reduce((total, client) => total + client.calls, 0);
  const share = done.reduce((total, client) => total + (client.share ?? 0), 0);
  return h(
    'article',
    { class: 'card', key: server },
    h('h3', {}, server, ' ', h('span', { class: `badge ${TONES[answer]}` }, WORDS[answer])),
    h('p', {}, sentence),
    done.length > 0 &&
      h(
        'p',
        { class: 'about' },
        `Ready: ${done.map(({ client }) => client).join(', ')} (${count(calls)} calls, ${percent(share)})`,
      ),
    points(answer === 'unknown' ? 'In the way, as far as it is known' : 'In the way', obstacles),
    notes.length > 0 && h('details', {}, h('summary', {}, `Worth knowing (${count(notes.length)})`), points('', notes)),
  );
}

const points = (title: string, all: readonly Point[]): Children =>
  all.length > 0 && [
    title !== '' && h('p', { class: 'about' }, title),
    h(
      'ul',
      { class: 'points' },
      all.map(({ text, todo }) => h('li', {}, text, h('p', { class: 'muted' }, `→ ${todo}`))),
    ),
  ];
