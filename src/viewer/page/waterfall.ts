import { bytes, counted, duration, preciseTime } from '../../reading/figures.ts';
import { nameOf, statusOf } from '../../reading/operation-words.ts';
import type { StoredOperation } from '../../store/operation-queries.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { traceLink } from './parts.ts';
import { timeline, type Drawn } from './timeline.ts';

/** All that happened in a session, in order. */
export function waterfall(operations: readonly StoredOperation[], openedAt: number, context: Context): VirtualElement {
  return h(
    'div',
    { class: 'waterfall', role: 'table', 'aria-label': 'What happened, in order' },
    h(
      'div',
      { role: 'rowgroup' },
      h(
        'div',
        { role: 'row', class: 'unseen' },
        ['After', 'What', 'When', 'Took', 'How it went'].map((title) => h('span', { role: 'columnheader' }, title)),
      ),
    ),
    h(
      'div',
      { role: 'rowgroup' },
      timeline(operations).map((drawn) => [
        drawn.silence !== undefined &&
          h(
            'div',
            { key: `silence ${drawn.operation.id}`, role: 'row', class: 'silence' },
            h('span', { role: 'cell', 'aria-colspan': 5 }, `${roughly(drawn.silence)} of silence`),
          ),
        line(drawn, openedAt, context),
      ]),
    ),
  );
}

const roughly = (milliseconds: number): string => duration(Math.round(milliseconds / 1_000)).replace('.0 s', ' s');
const share = (part: number): string => `${(part * 100).toFixed(2)}%`;

function line({ operation, from, long, placeOf }: Drawn, openedAt: number, context: Context): VirtualElement {
  const { id, startedAt, seconds, direction, error, outcome, discovery, form } = operation;
  const tone = error ? 'bad' : outcome === 'ok' ? (discovery === 'avoidable' ? 'idle' : 'good') : 'warn';
  const after = Math.max(0, startedAt - openedAt) / 1_000;
  return h(
    'details',
    { key: id, role: 'row', class: direction === 'to-client' ? 'line inside' : 'line' },
    h(
      'summary',
      {},
      h('span', { role: 'cell', class: 'after' }, `+${after < 100 ? `${after.toFixed(1)} s` : duration(after)}`),
      h(
        'span',
        { role: 'cell', class: 'name', title: nameOf(operation) },
        direction === 'to-client' && h('span', { class: 'muted' }, '↳ server asks '),
        nameOf(operation),
      ),
      h(
        'span',
        { role: 'cell', class: 'track' },
        h('span', { class: `bar ${tone}`, vars: { '--from': share(from), '--long': share(long) } }),
        operation.events.map(({ name, offset }, index) =>
          h('span', { key: index, class: 'tick', title: eventName(name), vars: { '--from': share(placeOf(offset)) } }),
        ),
      ),
      h('span', { role: 'cell', class: 'took' }, form === 'notification' ? 'notice' : duration(seconds)),
      h(
        'span',
        { role: 'cell', class: `note ${error ? 'red' : outcome === 'ok' ? 'muted' : 'orange'}` },
        noteOf(operation),
      ),
    ),
    details(operation, context),
  );
}

const eventName = (name: string): string => name.replace('notifications/', '');

function noteOf(operation: StoredOperation): string {
  const { events, discovery, attempt, message, incomplete, handshake } = operation;
  const progress = events.filter(({ name }) => name === 'notifications/progress').length;
  const notes = [
    statusOf(operation) || 'ok',
    message === undefined ? '' : `“${message}”`,
    handshake === 'initialize' || handshake === 'discover' ? 'handshake' : '',
    discovery === 'avoidable' ? 'nothing had changed' : '',
    attempt === 'retry' ? 'further round' : '',
    progress > 0 ? `${progress} progress` : '',
    events.length > progress ? counted(events.length - progress, 'message') : '',
    incomplete ? 'not all of it was seen' : '',
  ];
  return notes.filter((note) => note !== '').join(', ');
}

/** Of one operation, when it is opened. */
function details(operation: StoredOperation, context: Context): VirtualElement {
  const { startedAt, requestBytes, responseBytes, era, source, events, traceId } = operation;
  const facts: [string, Children][] = [
    ['began', preciseTime(startedAt)],
    ['request', bytes(requestBytes)],
    ['answer', bytes(responseBytes)],
    ['era', era],
    ['session by', source],
    ...events.map(({ name, offset, progress, total, level }): [string, Children] => [
      eventName(name),
      [
        `+${duration(offset / 1_000)}`,
        progress === undefined ? '' : `: ${progress}${total === undefined ? '' : ` of ${total}`}`,
        level === undefined ? '' : `: ${level}`,
      ].join(''),
    ]),
    ...(operation.arguments === undefined
      ? []
      : [['arguments', h('pre', {}, operation.arguments)] as [string, Children]]),
    ...(operation.result === undefined ? [] : [['result', h('pre', {}, operation.result)] as [string, Children]]),
    ...(traceId === undefined
      ? []
      : [['trace', [h('code', {}, traceId), ' ', traceLink(context, traceId)]] as [string, Children]]),
  ];
  return h(
    'dl',
    { class: 'facts' },
    facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))),
  );
}
