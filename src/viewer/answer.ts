import { costInWords, inOneSentence, othersInWords, VERDICTS } from '../reading/client-words.ts';
import { findings } from '../reading/findings.ts';
import { oddities } from '../reading/tool-words.ts';
import type { ClientFigures } from '../store/client-figures.ts';
import type { Filter } from '../store/filter.ts';
import type { Pulse } from '../store/pulse.ts';
import type { StoreReader } from '../store/reader.ts';
import type { Answers, Clients, Now, Sessions, ToldClient } from './answers.ts';
import type { Question } from './question.ts';

export interface AboutPage {
  version: string;
  traceLink: string | undefined;
}

/** A session that said nothing for so long is not called live, though nothing ended it, in milliseconds. */
const LIVE = 600_000;
const MOST_LIVE = 20;
const MOST_COUNTED = 10_000;
const LATEST = 40;
const MINUTE = 60;
const MOST_CHANGES = 100;
/** A chart has about so many points. */
const POINTS = 60;
const STRETCHES = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];

/** Seconds of a point of a chart over so many seconds. */
export const stretchOf = (seconds: number): number =>
  STRETCHES.find((stretch) => seconds / stretch <= POINTS) ?? Math.ceil(seconds / POINTS / 86_400) * 86_400;

/**
 * @param at milliseconds since the epoch, by the wall clock
 * @throws what SQLite throws
 */
export function answer(reader: StoreReader, question: Question, about: AboutPage, at: number): Answers[keyof Answers] {
  const { seconds, server, client, tool, status, limit, row } = question;
  const filter = { since: at - seconds * 1_000, server, client, tool };
  switch (question.kind) {
    case 'about':
      return { at, ...about, store: reader.contents() };
    case 'now':
      return now(reader, filter, seconds, at);
    case 'sessions':
      return sessions(reader, { ...filter, status }, limit, at);
    case 'session': {
      const session = reader.sessionAt(row);
      return { at, session, operations: session === undefined ? [] : reader.operationsOf(session, limit) };
    }
    case 'clients':
      return clients(reader, filter, seconds, at);
    case 'tools':
      return { at, tools: reader.tools({ ...filter, status }).map((told) => ({ ...told, odd: oddities(told) })) };
    case 'health':
      return {
        at,
        processes: reader.processes(),
        counts: reader.counts({ since: filter.since, server }),
        store: reader.contents(),
      };
  }
}

function now(reader: StoreReader, filter: Filter & { since: number }, seconds: number, at: number): Now {
  const stretch = stretchOf(seconds);
  const { pulse, clients, tools, errors } = reader.overview(filter, stretch);
  const lately = { ...filter, since: at - LIVE, status: 'open' };
  const live = reader.sessions({ ...lately, limit: MOST_COUNTED });
  const sessionsLive = live.filter(({ real }) => real).length;
  const lost = errors.reduce((total, { outcome, number }) => total + (outcome === 'lost' ? number : 0), 0);
  return {
    at,
    from: filter.since,
    stretch,
    all: pulse.all,
    lastMinute: reader.pulse({ ...filter, since: at - MINUTE * 1_000 }, MINUTE).all,
    beats: pulse.beats,
    clients: told(clients, pulse.clients),
    live: live.slice(0, MOST_LIVE),
    liveSessions: sessionsLive,
    liveActivities: live.length - sessionsLive,
    findings: findings({
      clients,
      tools,
      lost,
      changes: reader.changes({ ...filter, limit: MOST_CHANGES }),
    }),
    latest: reader.latest({ ...filter, limit: LATEST }),
    cursor: reader.cursor(),
  };
}

const sessions = (reader: StoreReader, filter: Filter, limit: number, at: number): Sessions => ({
  at,
  sessions: reader.sessions({ ...filter, limit }),
  total: reader.countSessions(filter),
});

function clients(reader: StoreReader, filter: Filter & { since: number }, seconds: number, at: number): Clients {
  const stretch = stretchOf(seconds);
  return {
    at,
    from: filter.since,
    stretch,
    clients: told(reader.clients(filter), reader.pulse(filter, stretch).clients),
    changes: reader.changes({ ...filter, since: undefined, limit: MOST_CHANGES }),
  };
}

const told = (figures: readonly ClientFigures[], pulses: Pulse['clients']): ToldClient[] =>
  figures.map((client) => ({
    ...client,
    sentence: inOneSentence(client),
    meaning: othersInWords([client.client]) || (VERDICTS[client.verdict ?? ''] ?? inOneSentence(client)),
    cost: costInWords(client),
    beats: pulses.find((pulse) => pulse.server === client.server && pulse.client === client.client)?.beats ?? [],
  }));
