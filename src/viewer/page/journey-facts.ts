import { nameText } from '../../reading/names.ts';
import { counted, duration, preciseTime } from '../../reading/figures.ts';
import {
  AMBIGUOUS,
  journeyVerdict,
  STAGE_WORDS,
  stageRows,
  stageStatus,
  type StageRow,
} from '../../reading/journey-words.ts';
import type { StoredJourney } from '../../store/journey-rows.ts';
import type { Context } from './context.ts';
import { copyButton } from './copy.ts';
import { h, type Children, type VirtualElement } from './element.ts';
import { code, factList, link, traceLink } from './parts.ts';
import { elsewhere } from './route.ts';

/** As many characters of an id as people type. */
const SHORT_ID_CHARS = 8;

type Fact = readonly [name: string, value: Children];

const CHALLENGES: Readonly<Record<NonNullable<StoredJourney['challenge']>, string>> = {
  'with-metadata': 'says where the metadata are',
  'without-metadata': 'does not say where the metadata are',
  none: 'HTTP 401 without WWW-Authenticate',
};

/** One attempt to connect: what came of it, its stages in order, and how to hand it on. */
export function openJourney(journey: StoredJourney, context: Context): VirtualElement {
  const { id, name, clientName, clientVersion, challenge, ambiguous, again, sessionTraceId, startedAt } = journey;
  const { text, cure, tone } = journeyVerdict(journey);
  const said = [clientName, clientVersion].filter((part) => part !== undefined).join(' ');
  const command = `mcpspan report attempt.md --journey ${id.slice(0, SHORT_ID_CHARS)}`;
  const facts: Fact[] = [
    [
      'id',
      [
        code(id),
        copyButton(id, 'the id of the attempt'),
        context.about?.traceLink !== undefined && traceLink(context, id),
      ],
    ],
    ['began', preciseTime(startedAt)],
    ...(said === '' ? [] : [['client says', said] satisfies Fact]),
    ...(challenge === undefined ? [] : [['challenge', CHALLENGES[challenge]] satisfies Fact]),
    ...(sessionTraceId === undefined
      ? []
      : [
          [
            'session',
            link(elsewhere(context.route, 'sessions', { session: sessionTraceId }), 'what it did then'),
          ] satisfies Fact,
        ]),
    ['evidence for somebody else', [code(command), copyButton(command, 'the command')]],
  ];
  return h(
    'div',
    { class: 'session' },
    h(
      'p',
      {},
      h('span', { class: `dot ${tone}`, 'aria-hidden': 'true' }),
      h('strong', {}, `It ${text}.`),
      cure !== '' && ` What to do: ${cure}.`,
    ),
    ambiguous && h('p', { class: 'gap' }, `It ${AMBIGUOUS}.`),
    again && h('p', { class: 'muted' }, `${nameText(name)} had been connected before, and was told to sign in again.`),
    h('ol', { class: 'stages', 'aria-label': 'Its stages, in order' }, stageRows(journey).map(stageLine)),
    factList(facts),
  );
}

function stageLine({ stage, seen, startedAt }: StageRow): VirtualElement {
  const tone = seen === undefined ? '' : seen.reached ? 'good' : 'warn';
  return h(
    'li',
    { key: stage, class: seen === undefined ? 'muted' : undefined },
    h('span', { class: 'after' }, seen === undefined ? '' : `+${duration((seen.firstAt - startedAt) / 1_000)}`),
    h('span', { class: `dot ${tone}`, 'aria-hidden': 'true' }),
    h('span', {}, STAGE_WORDS[stage].title),
    h(
      'span',
      {},
      seen === undefined
        ? 'not seen here: it was left out, or happened at another host'
        : `${stageStatus(seen)}${seen.requests > 1 ? `, the last of ${counted(seen.requests, 'request')}` : ''}`,
    ),
  );
}
