import type { Row } from './dashboard.ts';
import { lines } from './chart.ts';
import { figure } from './figure.ts';
import { COLOR, steps } from './palette.ts';
import { counted, labels, quantile, rate, sum, traffic, type Label } from './promql.ts';
import { SERVER, table } from './table.ts';

const GOOD = { handshakeKind: '=~"initialize|discover"' } as const;
const all = traffic('handshakes');
const spent = traffic('handshakeDuration', {}, '_sum');
const goodSpent = traffic('handshakeDuration', GOOD, '_sum');
const goodCount = traffic('handshakeDuration', GOOD, '_count');
const initialized = traffic('notifications', { method: '="notifications/initialized"', direction: '="to-server"' });

const aDay = (expr: string): string => `86400 / $__range_s * (${expr})`;

const handshakes = (by: readonly Label[]): string => sum(by, counted(all));
const orNone = (by: readonly Label[], expr: string): string => `(${expr} or 0 * ${handshakes(by)})`;
const avoidable = (by: readonly Label[]): string => orNone(by, sum(by, counted(traffic('handshakesAvoidable'))));

const requestsADay = (by: readonly Label[]): string =>
  aDay(`${handshakes(by)} + ${orNone(by, sum(by, counted(initialized)))}`);
const secondsADay = (by: readonly Label[]): string => aDay(sum(by, counted(spent)));
const avoidableADay = (by: readonly Label[]): string => aDay(avoidable(by));
/** Assumes that avoidable handshakes last as long as the others. */
const avoidableSecondsADay = (by: readonly Label[]): string =>
  aDay(`${avoidable(by)} * ${sum(by, counted(goodSpent))} / ${sum(by, counted(goodCount))}`);
const moneyAMonth = (by: readonly Label[]): string =>
  `30 / 3600 * $price_per_server_hour * ${avoidableSecondsADay(by)}`;

const BY = ['server', 'client'] as const;
const empty = 'No handshake in this period';
const PACE = 'At the pace of the period shown: choose a whole day or week for a fair figure.';

/** The cost of handshakes in requests, time and money. */
export const handshakeCost: Row = {
  title: 'What handshakes cost',
  panels: [
    figure(
      {
        id: 40,
        title: 'How many requests a day are handshakes?',
        means: `Handshakes of every kind, and the \`notifications/initialized\` that follow them. ${PACE}`,
        todo: 'Compare with the tool calls a day: each handshake is work for the server before it does anything useful.',
        empty,
        size: [4, 5],
        unit: 'short',
        decimals: 0,
      },
      requestsADay([]),
    ),
    figure(
      {
        id: 41,
        title: 'How much time a day do handshakes take?',
        means: `Time that clients wait for handshakes, summed over all of them. ${PACE}`,
        todo: 'Make `initialize` cheap: no database, no remote call, nothing that the first tool call could do itself.',
        empty,
        size: [5, 5],
        unit: 's',
        decimals: 1,
      },
      secondsADay([]),
    ),
    figure(
      {
        id: 42,
        title: 'How many handshakes a day are avoidable?',
        means: `Handshakes beyond the first of the same conversation or the same credential within 30 minutes. ${PACE}`,
        todo: 'The table names the clients. Only they can stop; you can make each one cheaper.',
        empty,
        size: [5, 5],
        unit: 'short',
        decimals: 0,
      },
      avoidableADay([]),
      steps(COLOR.good, [1, COLOR.warning]),
    ),
    figure(
      {
        id: 43,
        title: 'How much time a day do those take?',
        means: `Avoidable handshakes, each taken to last as long as the average one. ${PACE}`,
        todo: "This is what the client's habit costs its users in waiting.",
        empty,
        size: [5, 5],
        unit: 's',
        decimals: 1,
      },
      avoidableSecondsADay([]),
      steps(COLOR.good, [60, COLOR.warning]),
    ),
    figure(
      {
        id: 44,
        title: 'What do they cost a month?',
        means:
          'The time of avoidable handshakes over 30 days, at the price of a server hour chosen above, in its currency. An upper bound: it assumes that the server is busy for as long as the client waits.',
        todo: 'Set the price above. If this is next to nothing, spend your time elsewhere: lost state is the worse half of the problem.',
        empty,
        size: [5, 5],
        unit: 'none',
        decimals: 2,
      },
      moneyAMonth([]),
    ),
    table(
      {
        id: 45,
        title: 'Which clients cost it?',
        means: `What each client's handshakes cost, a day and in money a month. ${PACE}`,
        todo: "Tell the client's makers, with a trace of two consecutive calls at hand: the Sessions dashboard finds one.",
        empty,
        size: [14, 8],
      },
      [SERVER, { label: 'client', header: 'Client' }],
      [
        { header: 'Requests', expr: requestsADay(BY), unit: 'short', decimals: 0 },
        { header: 'Time', expr: secondsADay(BY), unit: 's', decimals: 1 },
        { header: 'Avoidable', expr: avoidableADay(BY), unit: 'short', decimals: 0 },
        { header: 'Avoidable time', expr: avoidableSecondsADay(BY), unit: 's', decimals: 1 },
        { header: 'Money a month', expr: moneyAMonth(BY), unit: 'none', decimals: 2 },
      ],
      'Avoidable time',
    ),
    lines(
      {
        id: 46,
        title: 'How long does a handshake take?',
        means: 'The 95th percentile of successful handshakes of each client.',
        todo: 'Anything above some 50 ms is felt at every call of a client that handshakes per call.',
        empty,
        size: [10, 8],
        unit: 's',
      },
      [
        {
          expr: quantile(0.95, ['client'], rate(traffic('handshakeDuration', GOOD, '_bucket'))),
          legend: `{{${labels('client')}}}`,
        },
      ],
    ),
  ],
};
