import { counted, duration } from '../../reading/figures.ts';
import { codeName, nameOf, statusOf } from '../../reading/operation-words.ts';
import type { StoredOperation } from '../../store/operation-queries.ts';
import type { Context } from './context.ts';
import { h, type VirtualElement } from './element.ts';
import { eventName, operationFacts } from './operation-facts.ts';
import { timeline, type TimelineBar } from './timeline.ts';

/** Everything that happened in a session, in order. */
export function waterfall(operations: readonly StoredOperation[], openedAt: number, context: Context): VirtualElement {
  return h(
    'ol',
    { class: 'waterfall', 'aria-label': 'What happened, in order' },
    timeline(operations).map((bar) => [
      bar.silenceMs !== undefined &&
        h('li', { key: `silence ${bar.operation.id}`, class: 'silence' }, `${roughly(bar.silenceMs)} of silence`),
      line(bar, openedAt, context),
    ]),
  );
}

const roughly = (milliseconds: number): string => duration(Math.round(milliseconds / 1_000)).replace('.0 s', ' s');
const share = (part: number): string => `${(part * 100).toFixed(2)}%`;

function line(
  { operation, from, length, positionOf }: TimelineBar,
  openedAt: number,
  context: Context,
): VirtualElement {
  const { id, startedAt, seconds, direction, failed, outcome, discovery, form } = operation;
  const tone = failed ? 'bad' : outcome === 'ok' ? (discovery === 'avoidable' ? 'idle' : 'good') : 'warn';
  const after = Math.max(0, startedAt - openedAt) / 1_000;
  const unfolded = h(
    'details',
    {},
    h(
      'summary',
      {},
      h('span', { class: 'after' }, `+${after < 100 ? `${after.toFixed(1)} s` : duration(after)}`),
      h(
        'span',
        { class: 'name', title: nameOf(operation) },
        direction === 'to-client' && h('span', { class: 'muted' }, '↳ server asks '),
        nameOf(operation),
      ),
      h(
        'span',
        { class: 'track', 'aria-hidden': 'true' },
        h('span', { class: `bar ${tone}`, vars: { '--from': share(from), '--long': share(length) } }),
        operation.events.map(({ name, offset }, index) =>
          h('span', {
            key: index,
            class: 'tick',
            title: eventName(name),
            vars: { '--from': share(positionOf(offset)) },
          }),
        ),
      ),
      h('span', { class: 'took' }, form === 'notification' ? 'notice' : duration(seconds)),
      h('span', { class: `note ${failed ? 'red' : outcome === 'ok' ? 'muted' : 'orange'}` }, noteOf(operation)),
    ),
    operationFacts(operation, context),
  );
  return h('li', { key: id, class: direction === 'to-client' ? 'line inside' : 'line' }, unfolded);
}

function noteOf(operation: StoredOperation): string {
  const { events, discovery, attempt, message, incomplete, handshake, outcome, code } = operation;
  const progress = events.filter(({ name }) => name === 'notifications/progress').length;
  const notes = [
    statusOf(operation) || 'ok',
    outcome === 'rpc-error' ? codeName(code) : '',
    message === undefined ? '' : `“${message}”`,
    handshake === 'initialize' || handshake === 'discover' ? 'handshake' : '',
    discovery === 'avoidable' ? 'nothing had changed' : '',
    attempt === 'retry' ? 'next round' : '',
    progress > 0 ? `${progress} progress` : '',
    events.length > progress ? counted(events.length - progress, 'message') : '',
    incomplete ? 'seen in part' : '',
  ];
  return notes.filter((note) => note !== '').join(', ');
}
