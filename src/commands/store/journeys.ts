import type { StoreReader } from '../../store/reader.ts';
import type { JourneyFunnel, StoredJourney } from '../../store/journey-rows.ts';
import { clockTime, count, dateTime, duration, NONE, preciseTime } from '../../reading/figures.ts';
import {
  AMBIGUOUS,
  funnelInWords,
  journeyVerdict,
  lostAt,
  stageRows,
  stageStatus,
  STAGE_WORDS,
  type StageRow,
} from '../../reading/journey-words.ts';
import { hasSeveralServers } from '../../reading/column.ts';
import { plain } from '../../reading/plain.ts';
import { painted, type Colour, type Out } from '../terminal/out.ts';
import { table, tableRows, type Column } from '../terminal/table.ts';
import { prose, wrapped } from '../terminal/text.ts';
import { coverage, isoTime, jsonOf, leftOut, nothingFound, type Question } from './filters.ts';
import { serverColumn } from './server-column.ts';

const DEFAULT_LIMIT = 20;
const ID_CHARS = 8;
const MAX_FUNNELS = 20;
const COLOURS: Readonly<Record<'good' | 'warn' | 'bad', Colour>> = { good: 'green', warn: 'yellow', bad: 'red' };

/**
 * `mcpspan journeys`: how far the attempts of each client to connect came, then the latest ones that are worth a look; with
 * the beginning of an id, the stages of one. Returns the exit code: 2 where no journey, or more than one, has this id.
 */
export function journeys(reader: StoreReader, idPrefix: string, question: Question, out: Out): number {
  return idPrefix === '' ? list(reader, question, out) : one(reader, idPrefix, question, out);
}

function list(reader: StoreReader, { filter, json, now }: Question, out: Out): number {
  const limit = filter.limit ?? DEFAULT_LIMIT;
  const funnels = reader.journeyFunnels(filter);
  const found = reader.journeys({ ...filter, limit });
  if (json) {
    out.write(jsonOf({ clients: funnels.map(funnelJson), journeys: found.map(journeyJson) }));
    return 0;
  }
  if (funnels.length === 0) {
    out.write(nothingFound(reader, 'attempts to connect', filter, out));
    return 0;
  }
  const several = hasSeveralServers(funnels);
  for (const funnel of funnels.slice(0, MAX_FUNNELS)) out.write(`${funnelLine(funnel, several, out)}\n`);
  if (funnels.length > MAX_FUNNELS) out.write(`and ${count(funnels.length - MAX_FUNNELS)} more clients: --json\n`);
  if (found.length > 0) out.write(`\n${table(columnsOf(found, now), found, out)}`);
  const all = found.length < limit ? found.length : reader.countJourneys(filter);
  const notes = [
    found.length === 0
      ? 'Every one of them went well, or only listed what there is: there is nothing more to tell.'
      : '',
    leftOut(found.length, all, 'attempts, the latest first', filter),
    found.length === 0 ? '' : 'To see the stages of one: mcpspan journeys ID',
    coverage(reader, filter),
  ];
  out.write(`\n${prose(notes, out)}`);
  return 0;
}

/** `chatgpt: 12 attempts, 12 saw the challenge, 11 got a token, 0 came back with it`, the figure where they are lost in colour. */
function funnelLine(funnel: JourneyFunnel, several: boolean, out: Out): string {
  const who = plain(several ? `${funnel.client} at ${funnel.server}` : funnel.client);
  const text = wrapped(`${who}: ${funnelInWords(funnel)}`, out.columns, { first: '', rest: '  ' });
  const lost = lostAt(funnel)?.text;
  if (lost === undefined) return text;
  // A line may break within it.
  return text.replace(new RegExp(`${lost.split(' ').join('\\s+')}$`), (found) => painted(found, 'red', out));
}

function columnsOf(rows: readonly StoredJourney[], now: number): Column<StoredJourney>[] {
  return [
    { title: 'began', side: 'left', cell: ({ startedAt }) => clockTime(startedAt, now) },
    { title: 'id', side: 'left', cell: ({ id }) => id.slice(0, ID_CHARS) },
    ...serverColumn(rows),
    { title: 'client', side: 'left', cell: ({ name }) => name, least: 8 },
    { title: 'for', side: 'right', cell: ({ startedAt, lastAt }) => duration((lastAt - startedAt) / 1_000), spare: 2 },
    {
      title: 'it',
      side: 'left',
      cell: (journey) => journeyVerdict(journey).text + (journey.ambiguous ? ` (${AMBIGUOUS})` : ''),
      colour: (journey) => COLOURS[journeyVerdict(journey).tone],
      least: 48,
    },
  ];
}

function one(reader: StoreReader, idPrefix: string, { json, now }: Question, out: Out): number {
  const found = reader.findJourneys(idPrefix);
  const [only, ...others] = found;
  if (only === undefined) {
    if (json) out.write(jsonOf(null));
    else
      out.write(
        nothingFound(reader, `attempt whose id begins with ${idPrefix}`, {}, out, 'List them: mcpspan journeys'),
      );
    return 2;
  }
  if (others.length > 0) {
    if (json) out.write(jsonOf(found.map(journeyJson)));
    else {
      out.write(`${found.length} ids begin with ${plain(idPrefix)}: give more of the id.\n\n`);
      out.write(table(columnsOf(found, now), found, { ...out, columns: undefined }));
    }
    return 2;
  }
  if (json) {
    out.write(jsonOf(journeyJson(only)));
    return 0;
  }
  const { text, cure, tone } = journeyVerdict(only);
  const who = [only.clientName, only.clientVersion].filter((part) => part !== undefined && part !== only.client);
  out.write(
    [
      `attempt   ${only.id}`,
      `client    ${plain(`${only.client}${who.length === 0 ? '' : ` (${who.join(' ')})`}`)}`,
      `server    ${plain(only.server)}`,
      `time      ${dateTime(only.startedAt)}, for ${duration((only.lastAt - only.startedAt) / 1_000)}`,
      ...(only.sessionTraceId === undefined ? [] : [`session   ${only.sessionTraceId}`]),
      '',
      ...tableRows(STAGE_COLUMNS, stageRows(only), out),
      '',
    ].join('\n'),
  );
  out.write(`\n${painted(wrapped(plain(`${only.name} ${text}.`), out.columns), COLOURS[tone], out)}\n`);
  out.write(
    prose(
      [
        cure === '' ? '' : `What to do: ${cure}.`,
        only.ambiguous ? `It ${AMBIGUOUS}.` : '',
        only.state === 'arrived'
          ? ''
          : `To send it to somebody: mcpspan report FILE.md --journey ${only.id.slice(0, ID_CHARS)}`,
      ],
      out,
    ),
  );
  return 0;
}

const STAGE_COLUMNS: readonly Column<StageRow>[] = [
  { title: 'stage', side: 'left', cell: ({ stage }) => STAGE_WORDS[stage].title, least: 12 },
  {
    title: 'after',
    side: 'right',
    cell: ({ seen, startedAt }) => (seen === undefined ? NONE : duration((seen.firstAt - startedAt) / 1_000)),
  },
  { title: 'at', side: 'left', cell: ({ seen }) => (seen === undefined ? NONE : preciseTime(seen.firstAt)), spare: 2 },
  {
    title: 'requests',
    side: 'right',
    cell: ({ seen }) => (seen === undefined ? NONE : count(seen.requests)),
    spare: 1,
  },
  {
    title: 'how',
    side: 'left',
    cell: ({ seen }) => stageStatus(seen),
    colour: ({ seen }) => (seen === undefined ? 'dim' : seen.reached ? undefined : 'yellow'),
  },
];

const funnelJson = ({ lastAt, ...rest }: JourneyFunnel): Record<string, unknown> => ({
  ...rest,
  lastAt: isoTime(lastAt),
});

function journeyJson(journey: StoredJourney): Record<string, unknown> {
  const { startedAt, lastAt, stages, ...rest } = journey;
  const { text, cure } = journeyVerdict(journey);
  return {
    ...rest,
    startedAt: isoTime(startedAt),
    lastAt: isoTime(lastAt),
    verdict: text,
    cure: cure === '' ? null : cure,
    stages: stages.map(({ firstAt, lastAt: endedAt, ...stage }) => ({
      ...stage,
      firstAt: isoTime(firstAt),
      lastAt: isoTime(endedAt),
    })),
  };
}
