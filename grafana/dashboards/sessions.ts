import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { bars, colored, lines } from './chart.ts';
import { dashboard, type Row } from './dashboard.ts';
import { IN_SESSION } from './handshake-ratio.ts';
import { COLOR } from './palette.ts';
import { counted, labels, quantile, sum, traffic } from './promql.ts';
import { inJaeger, inTempo } from './session-searches.ts';

const STEP = '$__interval';
const REAL = { sessionSource: `=~"${IN_SESSION}"` } as const;
const CLIENT = `{{${labels('client')}}}`;

const figures: Row = {
  panels: [
    lines(
      {
        id: 1,
        title: 'How many sessions are open?',
        means:
          'Sessions that live: active ones spoke within the last minute, quiet ones did not. Derived activity (no session id) is not a session and left out.',
        todo: 'Quiet sessions that only grow are left behind by a client that never ends them: Clients says which.',
        empty: 'No session was open in this period',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [{ expr: sum(['state'], traffic('sessionsOpen', REAL)), legend: `{{${labels('state')}}}` }],
    ),
    bars(
      {
        id: 2,
        title: 'How do sessions begin?',
        means:
          'Sessions and derived activity by how they were first seen: by a handshake, by first use without one, or attached (open before this mcpspan was).',
        todo: '`attached` after a restart or behind a load balancer is normal. `first-use` by itself is a client without handshakes.',
        empty: 'No session began in this period',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: sum(['sessionSource', 'sessionOpened'], counted(traffic('sessions'), STEP)),
          legend: `{{${labels('sessionSource')}}}: {{${labels('sessionOpened')}}}`,
        },
      ],
    ),
    colored(
      bars(
        {
          id: 3,
          title: 'How do sessions end?',
          means:
            '`deleted` by the client, `expired` at the server (it answered 404), `idle`: silent for ten minutes, `evicted`: mcpspan had too many, `shutdown`: mcpspan was stopped.',
          todo: '`expired` means the server forgets sessions while they are in use: a restart, a short timeout, or replicas without shared state. `evicted`: raise `--max-sessions`.',
          empty: 'No session ended in this period',
          size: [8, 8],
          unit: 'short',
          decimals: 0,
        },
        [
          {
            expr: sum(['endReason'], counted(traffic('sessionsEnded', REAL), STEP)),
            legend: `{{${labels('endReason')}}}`,
          },
        ],
      ),
      { deleted: COLOR.good, idle: COLOR.plain, expired: COLOR.warning, evicted: COLOR.error, shutdown: 'purple' },
    ),
    lines(
      {
        id: 4,
        title: 'How long do sessions last?',
        means:
          'Median and 95th percentile of sessions with an id that ended, from first request to last activity. The longest bucket is five minutes: what is longer shows as 5 min.',
        todo: 'Seconds are a session per call. For the long ones see the search below.',
        empty: 'No session ended in this period',
        size: [8, 8],
        unit: 's',
      },
      [0.5, 0.95].map((at) => ({
        expr: quantile(at, [], counted(traffic('serverSession', {}, '_bucket'), '1h')),
        legend: at === 0.5 ? 'median' : 'p95',
      })),
    ),
    lines(
      {
        id: 5,
        title: 'How many streams are held open?',
        means: 'Standing streams by client: `get` of a legacy session, `listen` of a modern subscription.',
        todo: "Each is a connection of the server's. One session needs one; more are a client that reconnects without closing.",
        empty: 'No stream was open in this period',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: sum(['client', 'streamKind'], traffic('streamsOpen')),
          legend: `${CLIENT}: {{${labels('streamKind')}}}`,
        },
      ],
    ),
    lines(
      {
        id: 6,
        title: 'How long do streams last?',
        means: 'Median length of standing streams that closed in the hour before each point, by client.',
        todo: 'The same short length again and again is a timeout of something on the way: a load balancer, an ingress.',
        empty: 'No stream closed in this period',
        size: [8, 8],
        unit: 's',
      },
      [
        {
          expr: quantile(0.5, ['client'], counted(traffic('streamDuration', {}, '_bucket'), '1h')),
          legend: CLIENT,
        },
      ],
    ),
  ],
};

export const sessions = (): Dashboard =>
  dashboard({
    uid: 'mcpspan-sessions',
    description: 'What happened in this session, and which sessions are worth a look?',
    variables: [
      'datasource',
      'tempo',
      'jaeger',
      'server',
      'client',
      'instance',
      'long',
      'session',
      'service',
      'jaeger_tags',
    ],
    rows: [figures, inTempo, inJaeger],
  });
