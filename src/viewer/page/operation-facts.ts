import { bytes, duration, preciseTime } from '../../reading/figures.ts';
import { codeName } from '../../reading/operation-words.ts';
import type { StoredOperation } from '../../store/operation-queries.ts';
import type { Context } from './context.ts';
import { copyButton } from './copy.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { code, factList, link, nameElement, traceLink } from './parts.ts';
import { elsewhere } from './route.ts';

type Fact = readonly [name: string, value: Children];

/** All that is recorded of an operation. */
export function operationFacts(operation: StoredOperation, context: Context): VirtualElement {
  const { id, startedAt, requestBytes, responseBytes, era, source, events, traceId, session } = operation;
  const { route } = context;
  const facts: Fact[] = [
    [
      'call',
      [link(elsewhere(route, 'calls', { operation: id }), String(id)), copyButton(String(id), 'the id of the call')],
    ],
    ['began', preciseTime(startedAt)],
    ...(route.view === 'sessions' ? [] : ([['client', nameElement(operation.client)]] satisfies Fact[])),
    ...(session === undefined || route.view === 'sessions' ? [] : [sessionFact(session, context)]),
    ['request', bytes(requestBytes)],
    ['answer', bytes(responseBytes)],
    ...reason(operation),
    ['protocol', era === 'modern' ? '2026-07-28 or later: no sessions' : 'with sessions'],
    ['grouped by', source === 'header' ? 'its session id' : source],
    ...events.map(({ name, offset, progress, total, level }): Fact => [
      eventName(name),
      [
        `+${duration(offset / 1_000)}`,
        progress === undefined ? '' : `: ${progress}${total === undefined ? '' : ` of ${total}`}`,
        level === undefined ? '' : `: ${level}`,
      ].join(''),
    ]),
    ...payload('arguments', operation.arguments),
    ...payload('result', operation.result),
    ...(traceId === undefined ? [] : [traceFact(traceId, context)]),
  ];
  return factList(facts);
}

export const eventName = (name: string): string => name.replace('notifications/', '');

const sessionFact = ({ id, traceId, real }: NonNullable<StoredOperation['session']>, { route }: Context): Fact => [
  real ? 'session' : 'activity',
  [link(elsewhere(route, 'sessions', { session: traceId }), code(id)), copyButton(id, 'the session id')],
];

const traceFact = (traceId: string, context: Context): Fact => [
  'trace',
  [code(traceId), copyButton(traceId, 'the trace id'), ' ', traceLink(context, traceId)],
];

const payload = (name: string, text: string | undefined): Fact[] =>
  text === undefined ? [] : [[name, h('pre', {}, text)]];

/** What went wrong, and what the server said of it. */
function reason({ failed, rejected, message, result, outcome, code: number }: StoredOperation): Fact[] {
  if (message !== undefined) {
    const meaning = outcome === 'rpc-error' ? codeName(number) : '';
    return [
      [
        'message',
        [h('span', { class: 'said' }, message), meaning !== '' && h('span', { class: 'muted' }, ` (${meaning})`)],
      ],
    ];
  }
  if ((!failed && !rejected) || result !== undefined) return [];
  return [['message', 'none came, or it was not recorded']];
}
