import type { JourneyFunnel, StoredJourney } from '../store/journey-rows.ts';
import { counted, count } from './figures.ts';
import { journeyVerdict, type JourneyVerdict } from './journey-words.ts';

/** Attempts of one client to connect to one server that stopped in the same way. */
export interface LostAttempts extends JourneyVerdict {
  server: string;
  /** The name that it goes by in the record. */
  client: string;
  /** Of its metrics. */
  label: string;
  /** How many stopped so. */
  number: number;
  /** How many of this client there were that have ended. */
  ended: number;
  /** The id of the latest one. */
  latest: string;
  latestAt: number;
}

const keyOf = ({ server, client }: { server: string; client: string }): string => `${server}\0${client}`;

/**
 * How attempts were lost, those of the most first. What may be more than one attempt is not counted: it is no evidence.
 * @param journeys the latest first
 */
export function lostAttempts(funnels: readonly JourneyFunnel[], journeys: readonly StoredJourney[]): LostAttempts[] {
  const ended = new Map(funnels.map((funnel) => [keyOf(funnel), funnel.attempts - funnel.open]));
  const groups = new Map<string, LostAttempts>();
  for (const journey of journeys) {
    if (journey.state !== 'stopped' || journey.ambiguous) continue;
    const verdict = journeyVerdict(journey);
    if (verdict.tone === 'good') continue;
    const { server, client: label, name: client, id, startedAt } = journey;
    const own = keyOf({ server, client });
    const key = `${own}\0${verdict.text}`;
    const known = groups.get(key);
    if (known === undefined) {
      const of = ended.get(own) ?? 0;
      groups.set(key, { ...verdict, server, client, label, number: 1, ended: of, latest: id, latestAt: startedAt });
    } else known.number++;
  }
  return [...groups.values()].toSorted((a, b) => b.number - a.number);
}

/** `In 11 of 12 attempts`. */
export const shareInWords = ({ number, ended }: Pick<LostAttempts, 'number' | 'ended'>): string =>
  ended <= 1
    ? 'In its only attempt'
    : number >= ended
      ? `In all ${counted(ended, 'attempt')}`
      : `In ${count(number)} of ${counted(ended, 'attempt')}`;

/** A single failure may be a user who gave up; so may a few among many that go well. */
const SEVERAL = 2;
const OFTEN_SHARE = 0.5;

/** Whether so many attempts were lost in the same way that chance does not explain it. */
export const isOften = ({ number, ended }: LostAttempts): boolean => number >= SEVERAL && number >= OFTEN_SHARE * ended;
