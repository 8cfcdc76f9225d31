import { count } from '../../reading/figures.ts';
import type { StoredSession } from '../../store/session-queries.ts';
import { besideChoice, besideView } from './beside-view.ts';
import type { Context } from './context.ts';
import { copyButton } from './copy.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { code, factList, link, nothing, traceLink } from './parts.ts';
import { elsewhere } from './route.ts';
import { scaleChoice, waterfall } from './waterfall.ts';

/** How many more operations the button adds. */
const MORE_OPERATIONS = 300;
/** One answer holds no more operations of a session. */
const MAX_OPERATIONS = 10_000;

const OPENED: Readonly<Record<string, string>> = {
  handshake: 'by a handshake',
  'first-use': 'by its first call',
  attached: 'before mcpspan saw it',
};

/** What is known of the open session, and all that happened in it. @param now milliseconds since the epoch */
export function openSession(
  session: StoredSession,
  all: readonly StoredSession[],
  at: number,
  context: Context,
): VirtualElement {
  const { timeline, beside, about } = context;
  const who = [session.clientName, session.clientVersion].filter((part) => part !== undefined).join(' ');
  const server = [session.serverName, session.serverVersion].filter((part) => part !== undefined).join(' ');
  const facts: [string, Children][] = [
    ['id', [code(session.id), copyButton(session.id, 'the session id')]],
    ...(who === '' ? [] : [['client says', who] as [string, Children]]),
    ...(server === '' ? [] : [['server says', server] as [string, Children]]),
    ['protocol', session.protocolVersion ?? 'unknown'],
    ['opened', OPENED[session.opened] ?? session.opened],
    ...(session.conversation === undefined
      ? []
      : [
          [
            'conversation',
            [
              link(
                elsewhere(context.route, 'sessions', {
                  server: session.server,
                  client: session.client,
                  conversation: session.conversation,
                  session: session.traceId,
                }),
                code(session.conversation),
              ),
              copyButton(session.conversation, 'the conversation id'),
            ],
          ] as [string, Children],
        ]),
    [
      'handshakes',
      session.handshakes === 0
        ? '0'
        : link(
            elsewhere(context.route, 'calls', { session: session.traceId, status: 'handshake' }),
            count(session.handshakes),
          ),
    ],
    ['calls', link(elsewhere(context.route, 'calls', { session: session.traceId }), 'list its calls')],
    [
      'trace',
      [
        code(session.traceId),
        copyButton(session.traceId, 'the trace id'),
        ' ',
        about?.traceLink !== undefined && traceLink(context, session.traceId),
      ],
    ],
  ];
  const both =
    context.route.beside !== undefined && timeline?.ok === true && beside?.ok === true
      ? besideView(timeline.answer, beside.answer, context)
      : undefined;
  return h(
    'div',
    { class: 'session' },
    factList(facts),
    h('p', { class: 'tools' }, scaleChoice(context), besideChoice(session, all, at, context)),
    both ?? timelineOf(session, timeline, context),
  );
}

function timelineOf(session: StoredSession, timeline: Context['timeline'], context: Context): Children {
  if (timeline === undefined || (timeline.ok && timeline.answer.session?.row !== session.row))
    return h('p', { class: 'muted', role: 'status' }, 'Loading …');
  if (!timeline.ok) return h('p', { class: 'red' }, timeline.trouble);
  const { operations } = timeline.answer;
  if (operations.length === 0)
    return nothing('Its operations are no longer in the store: the oldest are deleted first.');
  const { range } = context;
  const more = session.operations - operations.length;
  const all = operations.length >= MAX_OPERATIONS;
  return [
    more > 0 &&
      range.latest &&
      h('p', { class: 'muted' }, `The latest ${count(operations.length)} of ${count(session.operations)}.`),
    waterfall(operations, session.openedAt, context),
    more > 0 &&
      h(
        'p',
        { class: 'more' },
        all
          ? `This page shows ${count(MAX_OPERATIONS)} at most: mcpspan session ID --limit N shows all.`
          : h(
              'button',
              {
                type: 'button',
                on: { click: () => context.setRange({ ...range, operations: range.operations + MORE_OPERATIONS }) },
              },
              `Show more (${count(more)} are left)`,
            ),
        ' ',
        h(
          'button',
          { type: 'button', on: { click: () => context.setRange({ ...range, latest: !range.latest }) } },
          range.latest ? 'Show the first' : 'Show the latest',
        ),
      ),
  ];
}
