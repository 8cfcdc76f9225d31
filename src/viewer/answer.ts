import { costInWords, inOneSentence, meaningOf, othersInWords } from '../reading/client-words.ts';
import { findings, type Finding } from '../reading/findings.ts';
import { lanesOf, type LaneRoom, type Lanes } from '../reading/lanes/lanes.ts';
import { readiness } from '../reading/ready-words.ts';
import { countedRefusals } from '../reading/refusal-words.ts';
import { LIVE_SECONDS } from '../reading/session-words.ts';
import { surfacesInWords } from '../reading/surface-words.ts';
import { oddities } from '../reading/tool-words.ts';
import type { ClientFigures } from '../store/client-figures.ts';
import type { CallFilter } from '../store/call-queries.ts';
import type { FailureGroup } from '../store/failure-groups.ts';
import type { Filter } from '../store/filter.ts';
import type { TimeSeries } from '../store/time-series.ts';
import type { Overview, StoreReader } from '../store/reader.ts';
import { lostIn } from './lost-in.ts';
import { changesOfTools } from './tool-changes.ts';
import type { Answers, Calls, Clients, Connect, Now, Sessions, DescribedClient, DescribedTool, Tools } from './api.ts';
import type { Question } from './question.ts';
import { withoutPayload } from './new-operations.ts';

export interface AboutPage {
  version: string;
  notice: string | undefined;
  traceLink: string | undefined;
}

const MAX_LIVE = 20;
const MAX_COUNTED = 10_000;
const MAX_LATEST = 40;
const MINUTE_SECONDS = 60;
const MAX_CHANGES = 100;
const MAX_TOOL_CHANGES = 20;
const ROOM_ON_NOW: LaneRoom = { clients: 5, rows: 15, moment: 'latest' };
const ROOM_ON_CLIENTS: LaneRoom = { clients: 12, rows: 36, moment: 'richest' };
/** A chart has about this many points. */
const MAX_POINTS = 60;
const STRETCHES = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];

/** The seconds that one point of a chart stands for. */
export const stretchOf = (seconds: number): number =>
  STRETCHES.find((stretch) => seconds / stretch <= MAX_POINTS) ?? Math.ceil(seconds / MAX_POINTS / 86_400) * 86_400;

/**
 * @param at milliseconds since the epoch, by the wall clock
 * @throws what SQLite throws
 */
export function answer(reader: StoreReader, question: Question, about: AboutPage, at: number): Answers[keyof Answers] {
  const { server, client, tool, conversation, status, limit, latest } = question;
  const { to, ...period } = periodOf(question, at);
  const filter = { ...period, server, client, tool };
  switch (question.kind) {
    case 'about':
      return { at, ...about, store: reader.contents(), running: reader.processes().filter(({ running }) => running) };
    case 'now':
      return { at, to, ...now(reader, filter, to, at) };
    case 'sessions':
      return sessions(reader, { ...filter, conversation, status }, limit, at);
    case 'session': {
      const session = reader.sessionOfId(question.session ?? '');
      return { at, session, operations: session === undefined ? [] : reader.operationsOf(session, limit, latest) };
    }
    case 'clients':
      return { at, to, ...clients(reader, filter, to) };
    case 'tools':
      return { at, ...tools(reader, { ...filter, status }), ...changesOfTools(reader, filter, question.change, at) };
    case 'calls':
      return calls(reader, question, at);
    case 'errors':
      return { at, groups: failureGroups(reader, question, at) };
    case 'connect':
      return { at, ...connect(reader, { ...period, server, client, status }, question) };
    case 'find': {
      const { session = '', operation } = question;
      const known = operation > 0 && reader.operationAt(operation) !== undefined;
      const sessions = session === '' ? [] : reader.findSessions(session);
      const journeys = session === '' ? [] : reader.findJourneys(session);
      return { at, sessions, journeys, operation: known ? operation : undefined };
    }
    case 'health':
      return {
        at,
        processes: reader.processes(),
        counts: reader.counts({ since: filter.since, server }),
        store: reader.contents(),
      };
  }
}

/** The period that a question is about, in milliseconds since the epoch. `until` is missing where it ends now. */
function periodOf({ seconds, until }: Question, at: number): { since: number; until?: number; to: number } {
  const to = until === 0 ? at : until * 1_000;
  return { since: to - seconds * 1_000, ...(until !== 0 && { until: to }), to };
}

/** @param to the end of the period */
function now(reader: StoreReader, filter: Filter & { since: number }, to: number, at: number): Omit<Now, 'at' | 'to'> {
  const stretch = stretchOf((to - filter.since) / 1_000);
  const { client, tool, ...everybody } = filter;
  const overview = reader.overview(filter, stretch);
  const { timeSeries, clients } = overview;
  // Whether a client is served unlike the others shows in the figures of all.
  const whole = client === undefined && tool === undefined ? overview : reader.overview(everybody, stretch);
  const lately = { ...filter, since: to - LIVE_SECONDS * 1_000, status: 'open' };
  const live = reader.sessions({ ...lately, limit: MAX_COUNTED });
  const real = live.filter((session) => session.real);
  return {
    from: filter.since,
    stretch,
    lanes: lanes(reader, filter, ROOM_ON_NOW),
    all: timeSeries.all,
    lastMinute: reader.timeSeries({ ...filter, since: to - MINUTE_SECONDS * 1_000 }, MINUTE_SECONDS).all,
    intervals: timeSeries.intervals,
    clients: described(clients, timeSeries.clients),
    live: live.slice(0, MAX_LIVE),
    open: real.length,
    active: real.filter(({ lastAt }) => to - lastAt < MINUTE_SECONDS * 1_000).length,
    activities: live.length - real.length,
    findings: found(whole, reader, everybody, at).filter(
      (finding) => (client === undefined || finding.client === client) && (tool === undefined || finding.tool === tool),
    ),
    refusals: countedRefusals(reader.counts({ since: filter.since, server: filter.server })),
    latest: reader.latest({ ...filter, limit: MAX_LATEST }).map(withoutPayload),
  };
}

const lanes = (reader: StoreReader, filter: Filter, room: LaneRoom): Lanes =>
  lanesOf(reader.lanes(filter), room, (asked) => reader.marks(asked));

function found({ clients, tools, faults }: Overview, reader: StoreReader, filter: Filter, at: number): Finding[] {
  const lost = faults.reduce((total, { outcome, number }) => total + (outcome === 'lost' ? number : 0), 0);
  const { since, until, server, tool } = filter;
  return findings({
    clients,
    tools,
    lost,
    changes: reader.changes({ ...filter, limit: MAX_CHANGES }),
    processes: reader.processes(),
    repeats: reader.repeats(filter),
    toolChanges: reader.changeEffects(reader.toolChanges({ since, until, server, tool, limit: MAX_TOOL_CHANGES })),
    lostAttempts: lostIn(reader, filter),
    now: at,
  });
}

function connect(reader: StoreReader, filter: Filter, { journey, limit }: Question): Omit<Connect, 'at'> {
  const funnels = reader.journeyFunnels(filter);
  return {
    funnels,
    lost: lostIn(reader, filter, funnels),
    journeys: reader.journeys({ ...filter, limit }),
    total: reader.countJourneys(filter),
    opened: journey === undefined ? undefined : reader.findJourneys(journey)[0],
  };
}

/** The tools; what is odd about a client is judged among all clients. */
function tools(reader: StoreReader, { client, ...everybody }: Filter): Pick<Tools, 'surfaces' | 'tools'> {
  const all = reader.tools(everybody);
  // A part of the tools says little about what all of them cost, and a status leaves out those that were not called.
  const surfaces = everybody.tool === undefined && everybody.status === undefined ? surfacesInWords(all) : [];
  if (client === undefined)
    return { surfaces, tools: all.map((tool) => ({ ...tool, odd: oddities(tool).map(({ text }) => text) })) };
  const among = new Map(all.map((tool) => [`${tool.server}\0${tool.tool}`, tool]));
  const described = reader.tools({ ...everybody, client }).map((tool): DescribedTool => {
    const whole = among.get(`${tool.server}\0${tool.tool}`);
    const oddity = whole?.clients.find((each) => each.client === client)?.oddity;
    const odd = whole === undefined ? [] : oddities(whole).filter((each) => each.client === client);
    return {
      ...tool,
      clients: tool.clients.map((each) => ({ ...each, oddity })),
      odd: odd.map(({ text }) => text),
    };
  });
  return { surfaces, tools: described };
}

/** Undefined: the session that was asked for is not there. */
function callFilter(reader: StoreReader, question: Question, at: number): CallFilter | undefined {
  const { server, client, tool, method, direction, status, code, conversation, words, limit } = question;
  const session = question.session === undefined ? undefined : reader.sessionOfId(question.session)?.row;
  if (question.session !== undefined && session === undefined) return undefined;
  const { to: _, ...period } = periodOf(question, at);
  return { ...period, server, client, tool, method, direction, status, code, conversation, words, limit, session };
}

function calls(reader: StoreReader, question: Question, at: number): Calls {
  const { slowest, upTo, operation } = question;
  const filter = callFilter(reader, question, at);
  const found =
    filter === undefined
      ? { operations: [], total: 0, newer: 0 }
      : reader.calls(filter, slowest ? 'slowest' : 'latest', upTo || undefined);
  return {
    at,
    calls: found.operations.map(withoutPayload),
    total: found.total,
    newer: found.newer,
    cursor: reader.cursor(),
    opened: operation === 0 ? undefined : reader.operationAt(operation),
  };
}

function failureGroups(reader: StoreReader, question: Question, at: number): FailureGroup[] {
  const filter = callFilter(reader, question, at);
  return filter === undefined ? [] : reader.failureGroups(filter);
}

const sessions = (reader: StoreReader, filter: Filter, limit: number, at: number): Sessions => ({
  at,
  sessions: reader.sessions({ ...filter, limit }),
  total: reader.countSessions(filter),
});

function clients(reader: StoreReader, filter: Filter & { since: number }, to: number): Omit<Clients, 'at' | 'to'> {
  const stretch = stretchOf((to - filter.since) / 1_000);
  return {
    from: filter.since,
    stretch,
    lanes: lanes(reader, filter, ROOM_ON_CLIENTS),
    clients: described(reader.clients(filter), reader.timeSeries(filter, stretch).clients),
    changes: reader.changes({ ...filter, since: undefined, limit: MAX_CHANGES }),
    ready: filter.client === undefined && filter.tool === undefined ? reader.ready(filter).map(readiness) : [],
  };
}

const described = (figures: readonly ClientFigures[], series: TimeSeries['clients']): DescribedClient[] =>
  figures.map((client) => ({
    ...client,
    sentence: inOneSentence(client),
    meaning: othersInWords([client.client]) || meaningOf(client) || inOneSentence(client),
    cost: costInWords(client),
    intervals:
      series.find((timeSeries) => timeSeries.server === client.server && timeSeries.client === client.client)
        ?.intervals ?? [],
  }));
