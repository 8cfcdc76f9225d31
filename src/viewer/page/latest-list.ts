import { count, counted, duration } from '../../reading/figures.ts';
import { nameOf, statusOf } from '../../reading/operation-words.ts';
import type { StoredOperation } from '../../store/operation-queries.ts';
import type { Now } from '../api.ts';
import type { Context } from './context.ts';
import { h, type Children } from './element.ts';
import { holdInWords } from './hold.ts';
import { link, nameElement, nothing, when } from './parts.ts';
import { elsewhere } from './route.ts';

const MAX_LATEST = 16;

/** The latest operations of the answer and of the stream, the newest first. */
export function latestOperations({ latest: written }: Now, { live, route }: Context): StoredOperation[] {
  const known = new Set(live.operations.map(({ id }) => id));
  const fits = ({ server, client, tool }: { server: string; client: string; tool: string | undefined }): boolean =>
    (route.server === undefined || route.server === server) &&
    (route.client === undefined || route.client === client) &&
    (route.tool === undefined || route.tool === tool);
  // A period in the past gets nothing new.
  const arrived = route.until === undefined ? live.operations : [];
  return [...arrived, ...written.toReversed().filter(({ id }) => !known.has(id))]
    .filter((operation) => fits({ ...operation, tool: operation.target }))
    .toSorted((a, b) => b.id - a.id);
}

/** They stand still while somebody is at them. */
export function latestList(answer: Now, context: Context): Children {
  const { live, route, hold, paused } = context;
  const { at } = answer;
  const all = latestOperations(answer, context);
  const rows = (hold?.latest ?? all).slice(0, MAX_LATEST);
  const newer = hold === undefined ? 0 : all.filter(({ id }) => id > hold.upTo).length;
  const waiting = newer === 0 ? 'nothing new so far' : `${count(newer)} newer ${newer === 1 ? 'waits' : 'wait'}`;
  const still = holdInWords(paused, hold, waiting);
  return [
    live.missed > 0 &&
      h(
        'p',
        { key: 'gap', class: 'gap', role: 'status' },
        `${counted(live.missed, 'operation')} came too fast to be listed here; the figures include them.`,
      ),
    // Always there: a line that came would move the list away from under the mouse.
    h('p', { key: 'still', class: 'still', role: 'status' }, still ?? 'The newest first.'),
    rows.length === 0
      ? nothing('No operation in this period.')
      : h(
          'ol',
          { key: 'list', class: 'list', 'data-holds': true },
          rows.map((operation: StoredOperation) =>
            h(
              'li',
              { key: operation.id },
              h('span', { class: `dot ${toneOf(operation)}`, 'aria-hidden': 'true' }),
              link(elsewhere(route, 'calls', { operation: operation.id }), nameOf(operation)),
              h('span', { class: 'muted' }, nameElement(operation.client)),
              statusOf(operation) !== '' &&
                h('span', { class: operation.failed ? 'status red' : 'status orange' }, statusOf(operation)),
              h(
                'span',
                { class: 'end' },
                duration(operation.seconds),
                h('span', { class: 'muted' }, ' ', when(operation.startedAt + operation.seconds * 1_000, at)),
              ),
            ),
          ),
        ),
  ];
}

/** A refused or cancelled operation is no failure of the server. */
const toneOf = ({ failed, outcome }: StoredOperation): string => (failed ? 'bad' : outcome === 'ok' ? 'good' : 'warn');
