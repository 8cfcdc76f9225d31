import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { ANY_TOOL as calls } from './tool-calls.ts';
import { handshakesPerCall, IN_SESSION, sessionlessShare, sessionsPerCall } from './handshake-ratio.ts';
import { cell, linkTo } from './links.ts';
import { COLOR, steps } from './palette.ts';
import { any, counted, lastSeen, sum, traffic } from './promql.ts';
import { alarming, count, failed, rejected, ratio, seconds, SERVER, table, verdict } from './table.ts';
import { VERDICT_CODE } from './verdicts.ts';

const BY = ['server', 'client'] as const;
const PERIOD = '$__range';

export const clientTable = (id: number): Builder<Panel> =>
  table(
    {
      id,
      title: 'What does each client do?',
      means:
        'A row per client and server over the period. Ratios are shown from 20 calls on. `reusing` and `modern` are fine; `one-shot` opens a session per conversation, which may simply make one call; `per-call` opens a session for each call of the same conversation; `sessionless` names no session; `mixed` is in between.',
      todo: 'Start with `per-call` and `sessionless`: everything that the server keeps per session is gone at their next call. Click a client for its sessions.',
      empty: 'No tool calls in this period',
      size: [24, 9],
    },
    [
      SERVER,
      {
        label: 'client',
        header: 'Client',
        link: linkTo('mcpspan-sessions', 'Its sessions', { server: cell('Server'), client: cell('Client') }),
      },
    ],
    [
      { header: 'Verdict', expr: VERDICT_CODE, ...verdict },
      { header: 'Calls', expr: any(calls.count(BY)), ...count },
      {
        header: 'Sessions',
        expr: any(sum(BY, counted(traffic('sessions', { sessionSource: `=~"${IN_SESSION}"` })))),
        ...count,
      },
      { header: 'Handshakes per call', expr: handshakesPerCall(BY, PERIOD), ...ratio },
      { header: 'Sessions per call', expr: sessionsPerCall(BY, PERIOD), ...ratio },
      {
        header: 'Without session id',
        expr: sessionlessShare(BY, PERIOD),
        ...alarming({ unit: 'percentunit', decimals: 0, thresholds: steps(COLOR.none, [0.8, COLOR.warning]) }),
      },
      { header: 'Failed', expr: calls.failedShare(BY), ...failed },
      { header: 'Rejected', expr: calls.rejectedShare(BY), ...rejected },
      { header: 'p95', expr: calls.quantile(0.95, BY), ...seconds },
      { header: 'Last call', expr: lastSeen(BY, traffic('toolCalls')), unit: 'dateTimeFromNow' },
    ],
    'Calls',
  );
