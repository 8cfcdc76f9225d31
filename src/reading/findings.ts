import { OTHER, UNKNOWN } from '../session/client.ts';
import type { ChangeEffect } from '../store/change-effects.ts';
import type { ClientChange, ClientFigures } from '../store/client-figures.ts';
import type { StoredProcess } from '../store/process-row.ts';
import type { StoredRepeat } from '../store/repeat-figures.ts';
import type { ToolFigures } from '../store/tool-figures.ts';
import { changeInWords, didHarm, isDangerousChange } from './change-words.ts';
import { costInWords, meaningOf } from './client-words.ts';
import { count, counted, dateTime, ratio } from './figures.ts';
import { isOften, shareInWords, type LostAttempts } from './lost-attempts.ts';
import { repeatInWords } from './repeat-words.ts';
import { surfaceInWords, surfacesOf } from './surface-words.ts';
import { oddities } from './tool-words.ts';

export interface Evidence {
  clients: readonly ClientFigures[];
  tools: readonly ToolFigures[];
  /** Requests that got no answer. */
  lost: number;
  changes: readonly ClientChange[];
  /** Tell where the servers are. */
  processes: readonly StoredProcess[];
  /** Calls that were repeated with the same arguments. */
  repeats: readonly StoredRepeat[];
  /** How tools changed, and what followed. */
  toolChanges: readonly ChangeEffect[];
  /** Milliseconds since the epoch. */
  now: number;
  /** Attempts to connect that stopped. */
  lostAttempts: readonly LostAttempts[];
}

/**
 * Something to look at. Attempts to connect that stopped; a landmine works for one client, and for another it fails, rejects
 * or answers nothing; a risk has no symptom yet.
 */
export interface Finding {
  kind: 'stopped' | 'landmine' | 'risk' | 'note';
  text: string;
  server?: string;
  client?: string;
  tool?: string;
  /** The id of an attempt to connect that shows it. */
  journey?: string;
  /** Of the calls that it is about. */
  status?: string | undefined;
  /** When it happened: milliseconds since the epoch. */
  at?: number;
  /** The id of the change of a tool that it is about. */
  change?: number;
  /** A command that proves it, for this server. */
  command?: string | undefined;
}

/** From this size on, definitions are worth a note. */
const LARGE_SURFACE_TOKENS = 5_000;
/** From this number and this share on, empty sessions are worth a note. */
const MANY_SESSIONS = 5;
const MOSTLY_SHARE = 0.8;
/** The client names of mcpspan's own commands. */
const OURS = /^mcpspan-/;

/** Fewer avoidable handshakes that cost less are noise. */
const MANY_AVOIDABLE = 10;
const MUCH_AVOIDABLE_SECONDS = 1;
/** What harms most comes first: failures, then answers without content, then rejections; in each the most calls. */
const HARM = ['failed', undefined, 'rejected'];

/** What the owner of the server should look at, the worst first, in a sentence or two each. */
export function findings(evidence: Evidence): Finding[] {
  const { clients, tools, lost, changes, processes, repeats, toolChanges, lostAttempts, now } = evidence;
  const isNamed = ({ client }: { client: string }): boolean =>
    client !== OTHER && client !== UNKNOWN && !OURS.test(client);
  const named = clients.filter(isNamed);
  const several = new Set(clients.map(({ server }) => server)).size > 1;
  const at = (server: string): string => (several ? ` at ${server}` : '');
  const stateless = new Map(
    named
      .filter(({ verdict }) => verdict === 'per-call' || verdict === 'sessionless')
      .map((client) => [`${client.server}\0${client.client}`, client]),
  );
  const odd = tools
    .flatMap((tool) => oddities(tool).map((oddity) => ({ tool, ...oddity })))
    .toSorted((a, b) => HARM.indexOf(a.status) - HARM.indexOf(b.status) || b.calls - a.calls);
  const landmines = odd.map(({ tool, client, text, status }): Finding => {
    const { server, tool: name } = tool;
    const own = stateless.get(`${server}\0${client}`);
    const why = own === undefined ? '' : ` It ${meaningOf(own)}.`;
    const command = probeCommand(server, processes);
    return { kind: 'landmine', text: `${text}${at(server)}.${why}`, server, client, tool: name, status, command };
  });
  const stops = lostAttempts.filter((lost) => !OURS.test(lost.client) && isOften(lost));
  const stop = (lost: LostAttempts): Finding => stopFinding(lost, at(lost.server));
  const blown = new Set(landmines.map(({ server, client }) => `${server}\0${client}`));
  return [
    // Nothing harms a client more than not to be let in.
    ...stops.filter(({ tone }) => tone === 'bad').map(stop),
    ...landmines,
    ...toolChanges
      .filter((each) => isDangerousChange(each.change) || didHarm(each))
      .toSorted((a, b) => Number(didHarm(b)) - Number(didHarm(a)) || b.change.at - a.change.at)
      .map((each) => changeFinding(each, at(each.change.server), now)),
    ...[...stateless]
      .toSorted(([, a], [, b]) => b.toolCalls - a.toolCalls)
      .flatMap(([key, own]): Finding[] => {
        const { server, client, handshakes, toolCalls } = own;
        if (blown.has(key)) return [];
        const figures =
          own.verdict === 'per-call'
            ? `${ratio(handshakes, toolCalls)} handshakes per call`
            : counted(toolCalls, 'call');
        return [
          {
            kind: 'risk',
            text: `${client}${at(server)} ${meaningOf(own)} (${figures}).`,
            server,
            client,
            command: probeCommand(server, processes),
          },
        ];
      }),
    ...stops.filter((lost) => lost.tone === 'warn' && isNamed({ client: lost.label })).map(stop),
    ...named
      .filter(({ sessions, emptySessions }) => sessions >= MANY_SESSIONS && emptySessions >= MOSTLY_SHARE * sessions)
      .map(({ client, server, sessions, emptySessions }): Finding => {
        const used = sessions - emptySessions;
        const what = used === 0 ? 'called no tool' : `called a tool in only ${count(used)}`;
        return {
          kind: 'note',
          text: `${client} opened ${count(sessions)} sessions${at(server)} and ${what}.`,
          server,
          client,
        };
      }),
    ...named
      .filter(({ avoidableHandshakes }) => avoidableHandshakes >= MANY_AVOIDABLE)
      .filter((figures) => avoidableSeconds(figures) >= MUCH_AVOIDABLE_SECONDS)
      .toSorted((a, b) => avoidableSeconds(b) - avoidableSeconds(a))
      .map((figures): Finding => ({
        kind: 'note',
        text: `${costInWords(figures)}${at(figures.server)}.`,
        server: figures.server,
        client: figures.client,
      })),
    ...repeats.filter(isNamed).map((repeat): Finding => {
      const { server, client, tool, lastAt } = repeat;
      return { kind: 'note', text: repeatInWords(repeat, at(server)), server, client, tool, at: lastAt };
    }),
    ...(lost > 0 ? [note(`${counted(lost, 'request')} got no answer: the stream or the process ended first.`)] : []),
    ...surfacesOf(tools)
      .filter(({ tokens }) => tokens >= LARGE_SURFACE_TOKENS)
      .map((surface): Finding => ({
        kind: 'note',
        text: surfaceInWords(surface, at(surface.server)),
        server: surface.server,
      })),
    ...changes.map(({ at: when, server, client, what, before, after }): Finding => {
      const text = `${client}${at(server)} changed its ${what} from ${before} to ${after}.`;
      return { kind: 'note', text, server, client, at: when };
    }),
  ];
}

/** @param where ` at quiz`, or `''` */
function changeFinding(effect: ChangeEffect, where: string, now: number): Finding {
  const { server, tool, id } = effect.change;
  return { kind: 'risk', text: changeInWords(effect, now, where), server, tool, change: id };
}

/** What its user may have chosen is no harm. */
function stopFinding(lost: LostAttempts, where: string): Finding {
  const { server, client, text, cure, tone, latest } = lost;
  const who = client === OTHER || client === UNKNOWN ? 'a client without a known name' : client;
  return {
    kind: tone === 'bad' ? 'stopped' : 'note',
    text: `${shareInWords(lost)}${where}, ${who} ${text}.${cure === '' ? '' : ` What to do: ${cure}.`}`,
    server,
    client,
    journey: latest,
  };
}

const avoidableSeconds = ({ avoidableHandshakes, handshakes, handshakeSeconds }: ClientFigures): number =>
  handshakes === 0 ? 0 : (avoidableHandshakes * handshakeSeconds) / handshakes;

/**
 * Makes the calls of a server in several ways. Without `--allow-writes` it calls nothing that changes state, and so cannot
 * show that state is lost. Undefined: a wrapped command has no address.
 */
function probeCommand(server: string, processes: readonly StoredProcess[]): string | undefined {
  const found = processes.find((process) => process.server === server && process.upstream !== '');
  if (found === undefined) return undefined;
  // Where clients and the server see one path, the record has it in the address alone.
  const ownPath = URL.parse(found.upstream)?.pathname ?? '/';
  const url = ownPath === '/' ? `${found.upstream}${URL.parse(found.address)?.pathname ?? ''}` : found.upstream;
  const quoted = /^[\w:/.[\]-]+$/.test(url) ? url : `'${url.replaceAll("'", '%27')}'`;
  return `mcpspan probe ${quoted} --allow-writes`;
}

const note = (text: string): Finding => ({ kind: 'note', text });

const MARKS: Readonly<Record<Finding['kind'], string>> = {
  stopped: 'Cannot connect: ',
  landmine: 'Landmine: ',
  risk: 'Risk: ',
  note: '',
};

/** A finding as one line of text. */
export const findingInWords = ({ kind, text, at, command }: Finding): string =>
  MARKS[kind] +
  (at === undefined ? text : `${text.replace(/\.$/, '')} (${dateTime(at)}).`) +
  (command === undefined ? '' : ` To prove it: ${command}`);
