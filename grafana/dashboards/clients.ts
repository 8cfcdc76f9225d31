import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { bars, colored, leadingTo, legend, lines, linesWithLimits } from './chart.ts';
import { clientTable } from './client-table.ts';
import { dashboard, type Row } from './dashboard.ts';
import { handshakeCost } from './handshake-cost.ts';
import { handshakesPerCall, IN_SESSION, sessionlessShare, sessionsPerCall } from './handshake-ratio.ts';
import { linkTo, ofSeries } from './links.ts';
import { COLOR, steps, verdictMapping } from './palette.ts';
import { describe, ranges } from './panel.ts';
import { counted, labels, max, own, rate, sum, traffic } from './promql.ts';
import { sessionSizes } from './session-sizes.ts';
import { VERDICT_CODE, verdictChanges } from './verdicts.ts';

const STEP = '$__interval';
const BY = ['server', 'client'] as const;
const CLIENT = `{{${labels('client')}}}`;
const CLIENT_AND_SERVER = `${CLIENT} on {{${labels('server')}}}`;
const TOO_FEW = 'No client made 20 tool calls within the window: choose a longer one above';
const itsSessions = linkTo('mcpspan-sessions', 'Its sessions', {
  server: ofSeries('server'),
  client: ofSeries('client'),
});

const verdicts = describe(new StateTimelineBuilder(), {
  id: 2,
  title: 'How does each client use the server?',
  means:
    'The verdict on each client over time, from its last hour of calls: blue is modern (no sessions needed), green reuses its session, purple is one session per conversation, yellow mixed, orange names no session, red opens a session per call. Where replicas disagree, the worse is shown.',
  todo: 'A change of colour without a deployment of yours is a new release of the client: check what your server keeps per session before your users do.',
  empty: 'No verdict yet: a client is judged from 5 tool calls on',
  size: [24, 7],
})
  .targets(ranges([{ expr: VERDICT_CODE, legend: CLIENT_AND_SERVER }]))
  .mappings(verdictMapping())
  .thresholds(steps(COLOR.none))
  .legend(legend())
  .mergeValues(true)
  .fillOpacity(80);

const use: Row = {
  panels: [
    clientTable(1),
    verdicts,
    leadingTo(
      linesWithLimits(
        {
          id: 3,
          title: 'Which clients handshake for every call?',
          means:
            'Handshakes per tool call, each point over the window chosen above, from 20 calls on. Well below 0.2 is healthy, about 1 is a handshake for every call. It counts modern discovery too, and needs no session ids.',
          todo: 'Above 1 alone means little: a client may connect to a dozen servers and call few. Look right: if its sessions are used once as well, it is real.',
          empty: TOO_FEW,
          size: [12, 8],
          decimals: 2,
        },
        [{ expr: handshakesPerCall(BY, '$window'), legend: CLIENT_AND_SERVER }],
        steps(COLOR.good, [0.2, COLOR.notice], [0.8, COLOR.bad]),
      ),
      itsSessions,
    ),
    leadingTo(
      linesWithLimits(
        {
          id: 4,
          title: 'Do they use a session more than once?',
          means:
            'Sessions that got a first tool call, per tool call, over the same window. 1 is a new session for each call; 0.1 is ten calls to a session.',
          todo: 'From 0.8 on, state that the server keeps per session does not survive: key it by user or conversation.',
          empty: TOO_FEW,
          size: [12, 8],
          decimals: 2,
        },
        [{ expr: sessionsPerCall(BY, '$window'), legend: CLIENT_AND_SERVER }],
        steps(COLOR.good, [0.5, COLOR.notice], [0.8, COLOR.bad]),
      ),
      itsSessions,
    ),
  ],
};

const ended = { sessionSource: `=~"${IN_SESSION}"` } as const;

const sessions: Row = {
  title: 'Sessions',
  panels: [
    sessionSizes(10),
    leadingTo(
      lines(
        {
          id: 11,
          title: 'Which clients send no session id?',
          means:
            'Share of legacy tool calls without an `Mcp-Session-Id`, over the window chosen above. Modern calls need none and are left out.',
          todo: 'A jump is a new release of the client, or something before mcpspan that strips the header. A server that insists on the id will refuse these calls.',
          empty: 'No legacy tool call in this period',
          size: [12, 9],
          unit: 'percentunit',
        },
        [{ expr: sessionlessShare(BY, '$window'), legend: CLIENT_AND_SERVER }],
      ).max(1),
      itsSessions,
    ),
    bars(
      {
        id: 12,
        title: 'Which clients leave sessions behind?',
        means:
          'Sessions that nobody ended: they fell silent and were given up. Most clients never send DELETE, so these alone are no fault; each one holds memory in the server until it expires there.',
        todo: "If they outgrow the sessions that are used, shorten the server's own session timeout.",
        empty: 'No session was left behind in this period',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: sum(['client'], counted(traffic('sessionsEnded', { ...ended, endReason: '="idle"' }), STEP)),
          legend: CLIENT,
        },
      ],
    ),
    bars(
      {
        id: 13,
        title: 'Which clients open sessions and never use them?',
        means: 'Sessions that ended without a single tool call.',
        todo: 'A few are health checks and settings pages. Many, from one client, are a reconnect loop: look right for handshakes that fail.',
        empty: 'Every session that ended in this period was used',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: sum(['client'], counted(traffic('sessionsEnded', { ...ended, sessionEmpty: '="true"' }), STEP)),
          legend: CLIENT,
        },
      ],
    ),
    bars(
      {
        id: 14,
        title: 'Which handshakes lead to nothing?',
        means:
          'Handshakes that opened no session: `probe` asks for a newer revision and is refused, `unauthorized` has to sign in first, `failed` did not work.',
        todo: 'Probes are harmless. `unauthorized` in series is a client that does not refresh its token; `failed` in series is a reconnect loop.',
        empty: 'Every handshake in this period succeeded',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: sum(
            ['client', 'handshakeKind'],
            counted(traffic('handshakes', { handshakeKind: '!~"initialize|discover"' }), STEP),
          ),
          legend: `${CLIENT}: {{${labels('handshakeKind')}}}`,
        },
      ],
    ),
  ],
};

const connecting: Row = {
  title: 'Connecting',
  panels: [
    bars(
      {
        id: 60,
        title: 'How far do attempts to connect come?',
        means:
          'Attempts that are over, by each stage that they reached: told to sign in, metadata read, registered, token given, back with a credential, let in, handshake, lists, first call. Stages at an authorization server elsewhere are not seen.',
        todo: 'Choose a client above and look for the stage that none of its attempts goes beyond.',
        empty: 'No attempt to connect ended in this period',
        size: [12, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: sum(['connectStage'], counted(traffic('connectStages', { connectStage: '!="contact"' }), STEP)),
          legend: `{{${labels('connectStage')}}}`,
        },
      ],
    ),
    bars(
      {
        id: 61,
        title: 'Where do attempts to connect stop?',
        means:
          'Attempts that ended without a call, by client and the furthest stage that they reached. `token` got one and never came back with it; `return` came back and was not let in; `lists` is a client that waits for its user.',
        todo: '`mcpspan journeys` has each of them with its statuses and what to do; `mcpspan report FILE --journey ID` makes evidence of one for the vendor of the client.',
        empty: 'Every attempt to connect that ended in this period arrived',
        size: [12, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: sum(
            ['client', 'connectEnd'],
            counted(traffic('connectEnded', { connectEnd: '!~"arrived|unfinished"' }), STEP),
          ),
          legend: `${CLIENT}: {{${labels('connectEnd')}}}`,
        },
      ],
    ),
  ],
};

const discovery: Row = {
  title: 'Discovery, revisions, refusals',
  panels: [
    bars(
      {
        id: 20,
        title: 'Which lists are fetched again though nothing changed?',
        means:
          'List calls that were repeated in the same session, or within their time to live, with no change announced since.',
        todo: 'Send a `ttlMs` (modern) or `list_changed` notifications (legacy), so that clients may cache. For a large list see what it weighs on Tools.',
        empty: 'No list was fetched twice for nothing in this period',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: sum(['client', 'method'], counted(traffic('discoveries', { avoidable: '="true"' }), STEP)),
          legend: `${CLIENT}: {{${labels('method')}}}`,
        },
      ],
    ),
    lines(
      {
        id: 21,
        title: 'Which protocol revisions are spoken?',
        means: 'Operations a minute by protocol revision. From 2026-07-28 on there are no sessions.',
        todo: 'Before you drop an old revision, see here who would be cut off: choose a client above.',
        empty: 'No operations in this period',
        size: [8, 8],
        unit: 'suffix: /min',
        decimals: 1,
      },
      [
        {
          expr: `60 * ${sum(['protocolVersion'], rate(traffic('serverOperation', {}, '_count')))}`,
          legend: `{{${labels('protocolVersion')}}}`,
        },
      ],
    ),
    colored(
      bars(
        {
          id: 22,
          title: 'Which requests does HTTP refuse?',
          means:
            'Requests answered by an HTTP error without a JSON-RPC answer, by status. 401 and 403: sign in; 404: the session is gone; 429: too fast; 5xx: the server or the way to it.',
          todo: '404 in series is a client that keeps a dead session id: the server restarted or forgot it. Choose a client above to see whose they are.',
          empty: 'Nothing was refused in this period',
          size: [8, 8],
          unit: 'short',
          decimals: 0,
        },
        [
          {
            expr: sum(['httpStatusCode'], counted(traffic('httpRejections'), STEP)),
            legend: `{{${labels('httpStatusCode')}}}`,
          },
        ],
      ),
      { '500': COLOR.error, '502': COLOR.error, '503': COLOR.error, '504': COLOR.error },
    ),
    bars(
      {
        id: 23,
        title: 'What breaks the revision without sessions?',
        means: 'Messages that claim 2026-07-28 and break a rule of it, by rule and client.',
        todo: '`mcpspan ready` says for each rule what was expected, what was seen, and what to do. Strict servers and clients refuse such messages.',
        empty: 'Nothing broke a rule in this period, or nobody speaks that revision',
        size: [12, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: sum(['client', 'lintRule'], counted(traffic('lintViolations'), STEP)),
          legend: `${CLIENT}: {{${labels('lintRule')}}}`,
        },
      ],
    ),
    lines(
      {
        id: 24,
        title: 'How many people use each client?',
        means:
          'About how many credentials (`principal`), or conversations where clients send a key, called tools today (UTC). It starts anew each day.',
        todo: 'Replicas that share no record count the same people each: the figure is that of the one that saw most.',
        empty: 'No client sends a credential or a conversation key',
        size: [12, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        {
          expr: max(['client', 'userKind'], traffic('clientUsers')),
          legend: `${CLIENT}: {{${labels('userKind')}}}`,
        },
        {
          expr: max(['server', 'userKind'], own('serverUsers')),
          legend: `{{${labels('server')}}}, all clients: {{${labels('userKind')}}}`,
        },
      ],
    ),
  ],
};

export const clients = (): Dashboard =>
  dashboard({
    uid: 'mcpspan-clients',
    description: 'How does each client use my servers, has that changed, and what does it cost?',
    variables: ['datasource', 'server', 'client', 'instance', 'window', 'price_per_server_hour'],
    annotations: [verdictChanges([2, 3, 4, 11])],
    rows: [use, sessions, connecting, discovery, handshakeCost],
  });
