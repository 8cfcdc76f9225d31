import { counted, duration } from '../../reading/figures.ts';
import { codeName, nameOf, repeatOf, statusOf } from '../../reading/operation-words.ts';
import type { StoredOperation } from '../../store/operation-queries.ts';
import type { Context } from './context.ts';
import { h, type VirtualElement } from './element.ts';
import { eventName, operationFacts } from './operation-facts.ts';
import { timeline, type TimelineBar } from './timeline.ts';

/** Everything that happened in a session, in order, on one scale. @param atLeastMs what the scale stands for at least */
export function waterfall(
  operations: readonly StoredOperation[],
  openedAt: number,
  context: Context,
  atLeastMs = 0,
): VirtualElement {
  const linear = context.route.scale === 'linear';
  const { bars, ticks, cuts } = timeline(operations, { linear, atLeastMs });
  return h(
    'ol',
    { class: 'waterfall', 'aria-label': 'What happened, in order' },
    h(
      'li',
      { key: 'axis', class: 'axis', 'aria-hidden': 'true' },
      h('span', {}),
      h('span', {}),
      h(
        'span',
        { class: 'track' },
        ticks.map(({ at, position }, index) =>
          h(
            'span',
            { key: index, class: 'time', vars: { '--from': share(position) } },
            h('span', {}, roundOffset(at - openedAt)),
          ),
        ),
        cuts.map(({ position, silenceMs }, index) =>
          h('span', {
            key: `cut ${index}`,
            class: 'cut',
            title: `${roughly(silenceMs)} of silence, cut short`,
            vars: { '--from': share(position) },
          }),
        ),
      ),
    ),
    bars.map((bar) => [
      bar.silenceMs !== undefined &&
        h('li', { key: `silence ${bar.operation.id}`, class: 'silence' }, `${roughly(bar.silenceMs)} of silence`),
      line(bar, openedAt, context),
    ]),
  );
}

/** A choice between a scale that cuts silences short and one that does not. */
export function scaleChoice({ route, go }: Context): VirtualElement {
  const linear = route.scale === 'linear';
  return h(
    'button',
    {
      type: 'button',
      'aria-pressed': linear ? 'true' : 'false',
      on: { click: () => go({ ...route, scale: linear ? undefined : 'linear' }) },
    },
    linear ? 'Cut silences short' : 'Show silences at full length',
  );
}

const roughly = (milliseconds: number): string => duration(Math.round(milliseconds / 1_000)).replace('.0 s', ' s');

/** An offset short enough for an axis. */
const roundOffset = (milliseconds: number): string =>
  milliseconds < 100_000 ? offsetInWords(milliseconds) : `+${Math.round(milliseconds / 60_000)} min`;

/** The time since the session began. */
export function offsetInWords(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1_000;
  if (seconds < 1) return `+${Math.round(seconds * 1_000)} ms`;
  return `+${seconds < 100 ? `${seconds.toFixed(1)} s` : duration(seconds)}`;
}

const share = (part: number): string => `${(part * 100).toFixed(2)}%`;

function line(
  { operation, from, length, positionOf }: TimelineBar,
  openedAt: number,
  context: Context,
): VirtualElement {
  const { id, startedAt, seconds, direction, failed, outcome, discovery, form } = operation;
  const tone = failed ? 'bad' : outcome === 'ok' ? (discovery === 'avoidable' ? 'idle' : 'good') : 'warn';
  const unfolded = h(
    'details',
    {},
    h(
      'summary',
      {},
      h('span', { class: 'after' }, offsetInWords(startedAt - openedAt)),
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
    repeatOf(operation),
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
