import type { Address } from '../transport/names.ts';
import { readDocument, type FileEntry, type FileProblem, type FileValue } from './config-document.ts';
import type { OptionName } from './options.ts';
import { openPage } from './page-address.ts';
import { readSettings, variableOf, type FileSource, type WrittenOptions } from './read-settings.ts';
import { SERVER_OPTIONS, type ProxyConfig, type ServerConfig, type ServerOption } from './server-config.ts';
import type { SettingsOf } from './command-settings.ts';
import { addressProblems, nameProblems, placeProblems } from './server-places.ts';
import { readTelemetry } from './signals.ts';
import { storePath } from './store-path.ts';
import { checkTls, type OptionLabels } from './tls-settings.ts';
import { misplacedKey, PROCESS_OPTIONS, writtenOptions, type FileReport } from './written-options.ts';
import { EXAMPLE, writtenServers, type WrittenServer } from './written-servers.ts';

export type ProxyConfigRead =
  /** @property notes what of the file has no effect, as flags or variables come before it */
  { ok: true; config: ProxyConfig; notes: readonly string[] } | { ok: false; problems: readonly string[] };

/** Nobody reads on. */
const MAX_PROBLEMS = 100;

/**
 * Reads a configuration file, for a start or anew. An option of the process is its flag, else its variable, else what the
 * top level of the file says, else its default; a server's own entry comes before all of these.
 * @param path absolute
 * @returns all problems, each as `FILE:LINE: …` and with its cure
 */
export function readProxyConfig(path: string, { given, env }: FileSource): ProxyConfigRead {
  const report: FileReport = { path, problems: [] };
  const problems: string[] = [];
  const keys = entriesOf(readDocument(path), report);
  const entries = keys ?? [];
  const written = writtenOptions(entries, { report, prefix: '', takes: PROCESS_OPTIONS });
  const all = keys === undefined ? [] : writtenServers(keys, report);
  for (const { key, line } of entries)
    if (key !== 'servers' && !PROCESS_OPTIONS.some((name) => name === key))
      report.problems.push({ line, text: `${key} ${misplacedKey(key, false)}` });

  if (given.has('upstream')) problems.push(twoSources('--upstream', path));
  else if (env[variableOf('upstream')]) problems.push(twoSources(variableOf('upstream'), path));
  const source = { given, env, problems, variableProblems: problems, file: written };
  const { store: where, ...settings } = readSettings('http', source);
  const telemetry = readTelemetry(env, problems);
  const open = openPage(settings);
  const page = written.get('page');
  if (open !== undefined)
    problems.push(
      page?.value === settings.page && page !== undefined ? open.replace('--page', `${page.label}:`) : open,
    );
  const { common, process } = divided(settings);
  const { 'tls-cert': cert, 'tls-key': key } = settings;
  checkTls({ upstream: undefined, 'tls-cert': cert, 'tls-key': key }, problems, labelsOf(settings, [written]));

  const servers = all.flatMap((server) => {
    const config = serverOf(server, { common, listen: settings.listen, isOnly: all.length === 1 });
    if (config === undefined) return [];
    const { 'upstream-ca': ca, 'upstream-cert': client, 'upstream-key': clientKey } = config;
    const files = { 'upstream-ca': ca, 'upstream-cert': client, 'upstream-key': clientKey };
    checkTls({ upstream: config.upstream, ...files }, problems, labelsOf(config, [server.options, written]));
    return [{ config, written: server }];
  });
  const taken = [
    ...(settings.page === undefined ? [] : [{ what: 'the page', address: settings.page }]),
    ...(settings.health === undefined ? [] : [{ what: 'health', address: settings.health }]),
  ];
  const places = servers.flatMap(({ config, written: { label, line, isPlaced } }) =>
    isPlaced ? [{ ...config, label, line }] : [],
  );
  report.problems.push(
    ...nameProblems(namesOf(all, servers)),
    ...placeProblems(places),
    ...addressProblems(places, taken),
  );

  if (report.problems.length > 0 || problems.length > 0) {
    const lines = report.problems.map(({ line, text }) => `${path}:${line === undefined ? '' : `${line}:`} ${text}`);
    const found = byLine([...new Set([...lines, ...problems])], path);
    const more = found.length - MAX_PROBLEMS;
    return {
      ok: false,
      problems: more <= 0 ? found : [...found.slice(0, MAX_PROBLEMS), `${path}: there are ${more} more problems`],
    };
  }
  const configs = servers.map(({ config }) => config);
  const [first, second] = configs;
  const name = (second === undefined ? first?.name : settings.name) ?? 'mcpspan';
  return {
    ok: true,
    notes: overruled(written, { ...settings, store: where }, given),
    config: { ...process, config: path, ...telemetry, store: storePath(where, env), name, servers: configs },
  };
}

/** What the servers are called; of one whose upstream is wrong, only a name that it was given is known. */
function namesOf(
  all: readonly WrittenServer[],
  servers: readonly { config: ServerConfig; written: WrittenServer }[],
): { label: string; line: number; name: string }[] {
  const names = new Map(servers.map(({ config, written }) => [written, config.name]));
  return all.flatMap((written) => {
    const given = written.options.get('name')?.value;
    const name = names.get(written) ?? (typeof given === 'string' ? given : undefined);
    return name === undefined ? [] : [{ label: written.label, line: written.line, name }];
  });
}

const twoSources = (what: string, path: string): string =>
  `${what} names one server, and ${path} names its own: write it under servers there, or leave one of the two out`;

/** Undefined: there are none to be read, which was reported. */
function entriesOf(
  document: ReturnType<typeof readDocument>,
  { problems }: FileReport,
): readonly FileEntry[] | undefined {
  if (isProblems(document)) problems.push(...document);
  else if (document.kind === 'keys') return document.entries;
  else if (document.kind === 'nothing') problems.push({ line: undefined, text: `it is empty: write ${EXAMPLE}` });
  else problems.push({ line: document.line, text: `this is no key with a value: begin with ${EXAMPLE}` });
  return undefined;
}

const isProblems = (document: FileValue | readonly FileProblem[]): document is readonly FileProblem[] =>
  Array.isArray(document);

type CommonSettings = Pick<SettingsOf<'http'>, ServerOption>;

/** Tells the options that a server can have for itself from those of the process. */
function divided<Settings extends CommonSettings>(
  settings: Settings,
): { common: CommonSettings; process: Omit<Settings, ServerOption> } {
  const ofServers: readonly string[] = SERVER_OPTIONS;
  const entries = Object.entries(settings);
  // True: each value keeps its name, and goes to the side of that name.
  return {
    common: Object.fromEntries(entries.filter(([name]) => ofServers.includes(name))),
    process: Object.fromEntries(entries.filter(([name]) => !ofServers.includes(name))),
  } as { common: CommonSettings; process: Omit<Settings, ServerOption> };
}

const FOR_HTTPS = ['upstream-ca', 'upstream-cert', 'upstream-key'] as const;

/** Undefined: its upstream is missing or wrong, which was reported. */
function serverOf(
  { options, listen, host, path }: WrittenServer,
  all: { common: CommonSettings; listen: Address; isOnly: boolean },
): ServerConfig | undefined {
  const own = Object.fromEntries([...options].map(([name, { value }]) => [name, value]));
  // True: each value is from the parser of its name.
  const { upstream, name, ...settings } = {
    ...all.common,
    upstream: undefined,
    name: undefined,
    ...own,
  } as CommonSettings;
  if (upstream === undefined) return undefined;
  // What holds for all servers is no mistake of those that speak no TLS.
  if (upstream.protocol !== 'https:') for (const file of FOR_HTTPS) if (!options.has(file)) settings[file] = undefined;
  return {
    ...settings,
    upstream,
    // The name of the process is free for its only server.
    name: name ?? (all.isOnly ? all.common.name : undefined) ?? upstream.host,
    listen: listen ?? all.listen,
    host,
    path,
  };
}

/** What stands in the file in vain. An image for containers sets variables that a file may know nothing of. */
function overruled(
  written: WrittenOptions,
  values: Readonly<Partial<Record<OptionName, unknown>>>,
  given: FileSource['given'],
): string[] {
  return [...written].flatMap(([name, { value, label }]) => {
    if (JSON.stringify(value) === JSON.stringify(values[name])) return [];
    const what = given.has(name) ? `--${name}` : variableOf(name);
    return [`${label} has no effect: ${what} says something else, and comes before the file`];
  });
}

/** Calls options by where the file has them; a flag or a variable is called as on the command line. */
function labelsOf(
  values: Readonly<Partial<Record<OptionName, unknown>>>,
  places: readonly WrittenOptions[],
): OptionLabels {
  const written = (name: OptionName): string | undefined =>
    places.map((place) => place.get(name)).find((each) => each?.value === values[name])?.label;
  return {
    subject: (name) => written(name) ?? `--${name}`,
    other: (name) => name,
  };
}

/** In the order of the file; before that, what is about all of it or not about it. */
function byLine(problems: readonly string[], path: string): string[] {
  const lineOf = (text: string): number =>
    text.startsWith(`${path}:`) ? Number(/^\d+/.exec(text.slice(path.length + 1))?.[0] ?? 0) : 0;
  return problems.toSorted((one, other) => lineOf(one) - lineOf(other));
}
