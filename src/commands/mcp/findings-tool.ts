import { dateTime } from '../../reading/figures.ts';
import { findings, findingInWords, type Finding } from '../../reading/findings.ts';
import { countedNoticeInWords } from '../../reading/notice-words.ts';
import { wholeProcesses } from '../../reading/upstream-health.ts';
import type { StoreReader } from '../../store/reader.ts';
import { evidenceOf } from '../store/evidence.ts';
import { textField, timeField, type Fields } from './fields.ts';
import { harmless, quoted, unquoted } from './harmless.ts';
import { quotedEvidence } from './quoted-figures.ts';
import { CLIENT, SERVER, SINCE } from './question.ts';
import { assistantTool, nothingFound } from './tool.ts';

const FIELDS: Fields<Finding> = {
  kind: textField(
    ({ kind }) => kind,
    'stopped: it cannot connect; landmine: works for one client and not for another; risk: no symptom yet; note',
  ),
  text: textField((finding) => findingInWords({ ...finding, command: undefined })),
  server: textField(({ server }) => unquoted(server)),
  client: textField(({ client }) => unquoted(client)),
  tool: textField(({ tool }) => unquoted(tool)),
  journey: textField(({ journey }) => journey, 'an attempt to connect that shows it: mcpspan journeys ID'),
  status: textField(({ status }) => status, 'for find_calls'),
  at: timeField(({ at }) => at),
  command: textField(
    ({ command }) => command,
    'proves it with calls of its own, which may write: for the user to decide',
  ),
};

export const whatToLookAt = assistantTool({
  name: 'findings',
  title: 'What to look at first',
  description:
    'What mcpspan found that the owner of a server should look at, the worst first, and what the record holds (time, servers, clients, totals). The place to start.',
  takes: { server: SERVER, client: CLIENT, since: SINCE },
  rows: 30,
  fields: FIELDS,
  beside: { record: { type: 'object', description: 'what the record holds' } },
  find(reader, { server, client, since }, _most, now) {
    // Whether a client is served unlike the others shows in the figures of all.
    const filter = { server, since };
    const evidence = evidenceOf(reader, filter, { clients: reader.clients(filter), tools: reader.tools(filter) }, now);
    const found = findings(quotedEvidence(evidence));
    const rows = found.filter((finding) => client === undefined || unquoted(finding.client) === client);
    const notices = reader.counts(filter).map(({ what }) => countedNoticeInWords(withQuotedDetail(what)));
    return {
      rows,
      total: rows.length,
      notes: [
        ...notices.filter((notice) => notice !== undefined),
        ...(rows.length > 0 ? [] : nothingFound(reader, 'findings', { server, client })),
      ],
      beside: { record: harmless(recordOf(reader)) },
    };
  },
});

/** The detail of a notice comes from a server. */
const withQuotedDetail = (what: string): string =>
  what.replace(/^(notice-\S+) (.*)$/s, (_whole, kind: string, detail: string) => `${kind} ${quoted(detail)}`);

const MAX_NAMES = 50;

function recordOf(reader: StoreReader): Record<string, unknown> {
  const { path, sessions, operations, firstAt, lastAt, servers, clients, tools, pruned, notStored } = reader.contents();
  return {
    path,
    ...(firstAt !== undefined && { from: dateTime(firstAt) }),
    ...(lastAt !== undefined && { to: dateTime(lastAt) }),
    sessions,
    operations,
    servers: servers.slice(0, MAX_NAMES),
    clients: clients.slice(0, MAX_NAMES),
    tools: tools.length,
    running: wholeProcesses(reader.processes()).filter(({ latest }) => latest.running).length,
    ...(pruned > 0 && { deleted_to_make_room: pruned }),
    ...(notStored > 0 && { not_stored: notStored }),
  };
}
