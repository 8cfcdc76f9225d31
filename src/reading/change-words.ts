import { OTHER } from '../session/client.ts';
import { isChangeKind, kindInWords } from '../session/change-kind-words.ts';
import { isDangerous } from '../session/contract-change.ts';
import type { BeforeAndAfter, CallFigures, ChangeEffect } from '../store/change-effects.ts';
import type { StoredToolChange } from '../store/tool-change-queries.ts';
import { clockTime, counted, dateTime, duration, percent } from './figures.ts';
import { tokensIn, tokensInWords } from './tokens.ts';

/** Somebody has to look at it. */
export const isDangerousChange = ({ kinds }: StoredToolChange): boolean =>
  kinds.some((kind) => isChangeKind(kind) && isDangerous(kind));

/** `no longer read-only, description, input narrowed`: what is dangerous comes first. */
export const kindsInWords = ({ kinds }: Pick<StoredToolChange, 'kinds'>): string =>
  kinds
    .toSorted((a, b) => Number(isChangeKind(b) && isDangerous(b)) - Number(isChangeKind(a) && isDangerous(a)))
    .map(kindInWords)
    .join(', ');

/** Fewer calls, before or after, prove nothing. */
const MIN_CALLS = 10;
const MIN_SHARE_CHANGE = 0.1;
/** How far apart two shares are, in standard errors: with 3, chance does it once in 400 times. */
const MIN_ERRORS_APART = 3;
const MIN_CALLS_FOR_MEDIAN = 20;
const MIN_CALLS_FOR_P95 = 50;
const MIN_FACTOR = 1.5;
const MIN_LATENCY_CHANGE_SECONDS = 0.05;
const MIN_TOKENS_CHANGE = 100;
/** If it had gone on as before, it would have called the tool so often. */
const MIN_CALLS_MISSED = 5;
const MAX_CLIENTS = 3;

/**
 * What followed a change, in one sentence; `''`: nothing that stands out, or too few calls to tell. It says what came after
 * the change, not that the change is why.
 * @param now milliseconds since the epoch
 */
export function effectInWords({ change, all, clients }: ChangeEffect, now: number): string {
  const stopped = clients.filter(hasStopped).map(({ client }) => nameOf(client));
  const parts = [
    ...(stopped.length === 0 ? [] : [`${listed(stopped)} stopped calling it`]),
    ...sharesInWords('rejected', all, clients),
    ...sharesInWords('failed', all, clients),
    ...latencyInWords(all),
    ...tokensChanged(all),
  ];
  return parts.length === 0 ? '' : `Since the change at ${clockTime(change.at, now)} ${parts.join('; ')}.`;
}

/** A change and what followed, in a sentence or two. @param where ` at quiz`, or `''` */
export function changeInWords(effect: ChangeEffect, now: number, where = ''): string {
  const { change } = effect;
  const followed = effectInWords(effect, now);
  return `${change.tool}${where} changed (${dateTime(change.at)}): ${kindsInWords(change)}.${followed === '' ? '' : ` ${followed}`}`;
}

/** Whether what followed does harm. */
export const didHarm = ({ all, clients }: ChangeEffect): boolean =>
  clients.some(hasStopped) ||
  [{ ...all }, ...clients].some((each) =>
    (['rejected', 'failed'] as const).some((what) => shareChange(each, what) > 0),
  );

/** It called the tool, still calls others, and calls this one no more. */
const hasStopped = ({ before, after }: BeforeAndAfter): boolean =>
  before.calls >= MIN_CALLS &&
  after.calls === 0 &&
  after.otherCalls >= MIN_CALLS &&
  (before.calls * after.otherCalls) / Math.max(before.otherCalls, 1) >= MIN_CALLS_MISSED;

/** How a share changed; 0: not beyond doubt. */
function shareChange({ before, after }: BeforeAndAfter, what: 'rejected' | 'failed'): number {
  if (before.calls < MIN_CALLS || after.calls < MIN_CALLS) return 0;
  const [old, now] = [before, after].map((figures) => Math.min(1, figures[what] / figures.calls));
  if (old === undefined || now === undefined || Math.abs(now - old) < MIN_SHARE_CHANGE) return 0;
  const pooled = (before[what] + after[what]) / (before.calls + after.calls);
  const error = Math.sqrt(Math.max(0, pooled * (1 - pooled)) * (1 / before.calls + 1 / after.calls));
  return Math.abs(now - old) >= MIN_ERRORS_APART * error ? now - old : 0;
}

function sharesInWords(what: 'rejected' | 'failed', all: BeforeAndAfter, clients: ChangeEffect['clients']): string[] {
  const words = ({ before, after }: BeforeAndAfter): string => `${shareOf(before, what)} → ${shareOf(after, what)}`;
  const changed = clients.filter((each) => shareChange(each, what) !== 0).slice(0, MAX_CLIENTS);
  const whole = shareChange(all, what) !== 0;
  // One of several: the figure of all says less than its own.
  if (changed.length > 0 && changed.length < clients.length)
    return changed.map((each) => `${what} calls of ${nameOf(each.client)} ${words(each)}`);
  return whole ? [`${what} calls ${words(all)}`] : [];
}

const shareOf = (figures: CallFigures, what: 'rejected' | 'failed'): string =>
  percent(Math.min(1, figures[what] / figures.calls));

function latencyInWords({ before, after }: BeforeAndAfter): string[] {
  const least = Math.min(before.calls, after.calls);
  const differs = (old: number | undefined, now: number | undefined): boolean =>
    old !== undefined &&
    now !== undefined &&
    Math.max(old, now) >= MIN_FACTOR * Math.min(old, now) &&
    Math.abs(now - old) >= MIN_LATENCY_CHANGE_SECONDS;
  const words = (name: string, old: number | undefined, now: number | undefined): string =>
    `${name} ${duration(old)} → ${duration(now)}`;
  if (least >= MIN_CALLS_FOR_P95 && differs(before.p95Seconds, after.p95Seconds))
    return [words('p95', before.p95Seconds, after.p95Seconds)];
  if (least >= MIN_CALLS_FOR_MEDIAN && differs(before.p50Seconds, after.p50Seconds))
    return [words('the median call', before.p50Seconds, after.p50Seconds)];
  return [];
}

function tokensChanged({ before, after }: BeforeAndAfter): string[] {
  if (Math.min(before.answers, after.answers) < MIN_CALLS_FOR_MEDIAN) return [];
  const [old, now] = [tokensIn(before.medianAnswerBytes ?? 0), tokensIn(after.medianAnswerBytes ?? 0)];
  const differs = Math.abs(now - old) >= MIN_TOKENS_CHANGE && Math.max(old, now) >= MIN_FACTOR * Math.min(old, now);
  return differs ? [`an answer takes about ${tokensInWords(old)} → ${tokensInWords(now)} tokens`] : [];
}

const nameOf = (client: string): string => (client === OTHER ? 'clients with unverified names' : client);

const listed = (names: readonly string[]): string =>
  names.length <= MAX_CLIENTS
    ? [names.slice(0, -1).join(', '), names.at(-1) ?? ''].filter((part) => part !== '').join(' and ')
    : `${names.slice(0, MAX_CLIENTS).join(', ')} and ${counted(names.length - MAX_CLIENTS, 'other')}`;
