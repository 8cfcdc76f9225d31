import { nameText } from '../../reading/names.ts';
import { hasSeveralServers } from '../../reading/column.ts';
import { count, counted, duration } from '../../reading/figures.ts';
import { AMBIGUOUS, connected, funnelSteps, journeyVerdict, lostAt, STAGE_WORDS } from '../../reading/journey-words.ts';
import { shareInWords, type LostAttempts } from '../../reading/lost-attempts.ts';
import type { JourneyFunnel, StoredJourney } from '../../store/journey-rows.ts';
import type { Connect } from '../api.ts';
import { serverColumn } from './columns.ts';
import type { Context } from './context.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { grid, type GridColumn } from './grid.ts';
import { openJourney } from './journey-facts.ts';
import { code, link, nameElement, nothing, when } from './parts.ts';
import { elsewhere, type Route } from './route.ts';

/** So many ways to be lost are named for each client; the rest are in the table. */
const MAX_LOST = 3;

/** How far the attempts of each client to connect came, and where each of them stopped. */
export function connectView({ funnels, lost, journeys, total, opened, at }: Connect, context: Context): Children {
  const { route } = context;
  const gone = route.journey !== undefined && opened === undefined;
  const rows = opened === undefined || journeys.some(({ id }) => id === opened.id) ? journeys : [opened, ...journeys];
  const several = hasSeveralServers(funnels);
  return [
    gone &&
      h(
        'p',
        { key: 'gone', class: 'notice', role: 'status' },
        'This attempt is not in the store, or no longer: the oldest are deleted first.',
      ),
    funnels.length === 0 && rows.length === 0
      ? nothing(
          'No client tried to connect in this period.',
          'Choose a longer period, or fewer filters, above.',
          [
            'Let a client connect to mcpspan, and each step that it takes appears here: ',
            code('mcpspan --upstream URL'),
          ],
          ['To see what may stop it before it comes: ', code('mcpspan doctor --upstream URL')],
        )
      : [
          funnels.length > 0 &&
            h(
              'div',
              { key: 'funnels', class: 'funnels' },
              worstFirst(funnels, lost).map((funnel) => funnelCard(funnel, lost, several, route)),
            ),
          h('h2', { key: 'heading' }, 'Attempts'),
          h('p', { key: 'count', class: 'muted', role: 'status' }, inWords(rows.length, total)),
          rows.length > 0 &&
            grid<StoredJourney>({
              key: 'attempts',
              caption: 'Attempts to connect, the latest first',
              rows,
              keyOf: ({ id }) => id,
              sorting: context.sorting.get('attempts'),
              onSort: (sorting) => context.sort('attempts', sorting),
              columns: columnsOf(rows, at, opened?.id, context),
              below: (journey) => (journey.id === opened?.id ? openJourney(journey, context) : undefined),
            }),
        ],
  ];
}

const inWords = (shown: number, total: number): string =>
  shown === 0
    ? 'Nothing to report: every attempt went well, or only listed what there is.'
    : total > shown
      ? `The latest ${count(shown)} of ${count(total)}; columns sort these. Those that went well without a sign-in are only counted.`
      : `${counted(shown, 'attempt')}. Those that went well without a sign-in are only counted.`;

const isOf =
  ({ server, client }: JourneyFunnel) =>
  (other: LostAttempts): boolean =>
    other.server === server && other.client === client;

function worstFirst(funnels: readonly JourneyFunnel[], lost: readonly LostAttempts[]): readonly JourneyFunnel[] {
  const harm = (funnel: JourneyFunnel): number =>
    lost.filter(isOf(funnel)).reduce((total, { number, tone }) => total + (tone === 'bad' ? number : 0), 0);
  return funnels.toSorted((a, b) => harm(b) - harm(a));
}

/** One client: its steps as bars, the place where its attempts are lost, and what to do. */
function funnelCard(
  funnel: JourneyFunnel,
  lost: readonly LostAttempts[],
  several: boolean,
  route: Route,
): VirtualElement {
  const { server, client, attempts, open } = funnel;
  const own = lost.filter(isOf(funnel));
  const end = lostAt(funnel);
  const arrived = connected(funnel);
  const steps = [{ stage: 'attempts', number: attempts, text: counted(attempts, 'attempt') }, ...funnelSteps(funnel)];
  return h(
    'section',
    { key: `${server}\0${client}`, class: 'card funnel', 'aria-label': `How ${nameText(client)} connects` },
    h('h2', {}, nameElement(client), several && h('span', { class: 'muted' }, ` at ${server}`)),
    h(
      'ol',
      { class: 'steps' },
      steps.map(({ stage, number, text }) =>
        h(
          'li',
          { key: stage, class: stage === end?.stage ? 'lost' : undefined },
          h('span', {}, text),
          h(
            'span',
            { class: 'track', 'aria-hidden': 'true' },
            h('span', {
              class: 'bar',
              vars: { '--from': '0%', '--long': `${((number / attempts) * 100).toFixed(1)}%` },
            }),
          ),
        ),
      ),
    ),
    arrived > 0 &&
      h(
        'p',
        {},
        h('span', { class: 'dot good', 'aria-hidden': 'true' }),
        arrived === attempts && attempts > 1 ? `All ${count(attempts)} connected.` : `${count(arrived)} connected.`,
      ),
    own.slice(0, MAX_LOST).map((one) => lostInWords(one, route)),
    open > 0 && h('p', { class: 'muted' }, `${counted(open, 'attempt')} ${open === 1 ? 'is' : 'are'} not over.`),
  );
}

const lostInWords = (lost: LostAttempts, route: Route): VirtualElement =>
  h(
    'p',
    { key: lost.text },
    h('span', { class: `dot ${lost.tone}`, 'aria-hidden': 'true' }),
    `${shareInWords(lost)} it ${lost.text}. `,
    link(
      elsewhere(route, 'connect', { server: lost.server, client: lost.client, journey: lost.latest }),
      'The latest of them',
    ),
    '.',
    lost.cure !== '' && [' ', h('strong', {}, 'What to do: '), `${lost.cure}.`],
  );

function columnsOf(
  rows: readonly StoredJourney[],
  at: number,
  open: string | undefined,
  context: Context,
): GridColumn<StoredJourney>[] {
  const verdict = (journey: StoredJourney): string =>
    `${journeyVerdict(journey).text}${journey.ambiguous ? ` (${AMBIGUOUS})` : ''}`;
  return [
    {
      id: 'client',
      title: 'Client',
      cell: ({ id, name, startedAt }) =>
        h(
          'button',
          {
            type: 'button',
            id: `journey-${id}`,
            class: 'plain opener',
            'aria-expanded': id === open ? 'true' : 'false',
            on: { click: () => context.go({ ...context.route, journey: id === open ? undefined : id }) },
          },
          h('span', { 'aria-hidden': 'true', class: 'arrow' }, id === open ? '▾' : '▸'),
          nameElement(name),
          h('span', { class: 'unseen' }, `, attempt of ${new Date(startedAt).toTimeString().slice(0, 8)}`),
        ),
      sort: ({ name }) => nameText(name),
      value: ({ name }) => name,
      tone: () => 'main',
    },
    ...serverColumn(rows),
    { id: 'began', title: 'Began', cell: ({ startedAt }) => when(startedAt, at), sort: ({ startedAt }) => startedAt },
    {
      id: 'length',
      title: 'For',
      number: true,
      cell: ({ startedAt, lastAt }) => duration((lastAt - startedAt) / 1_000),
      sort: ({ startedAt, lastAt }) => (lastAt - startedAt) / 1_000,
    },
    {
      id: 'furthest',
      title: 'Came to',
      cell: ({ furthest }) => STAGE_WORDS[furthest].title,
      sort: ({ furthest }) => STAGE_WORDS[furthest].title,
    },
    {
      id: 'verdict',
      title: 'What became of it',
      cell: (journey) => [
        h('span', { class: `dot ${journeyVerdict(journey).tone}`, 'aria-hidden': 'true' }),
        verdict(journey),
      ],
      sort: verdict,
      tone: () => 'wrap',
    },
    { id: 'id', title: 'Id', hidden: true, cell: ({ id }) => id },
  ];
}
