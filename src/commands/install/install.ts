import { dirname, join } from 'node:path';
import { CLIENT_IDS, isClientId, type ClientId } from '../../settings/client-ids.ts';
import { closest } from '../../settings/closest.ts';
import type { InstallConfig } from '../../settings/config.ts';
import type { InstallCommand } from '../../settings/command-names.ts';
import type { Environment } from '../../settings/signals.ts';
import { messageOf } from '../../transport/error-text.ts';
import { version } from '../../version.ts';
import type { Out } from '../terminal/out.ts';
import { prose } from '../terminal/text.ts';
import { plain } from '../../reading/plain.ts';
import { backupsIn, type Backups } from './backup.ts';
import { clientFiles, type ClientFile, type Machine } from './client-files.ts';
import { readText, replaceText } from './config-file.ts';
import { planFile, type FilePlan, type Means } from './plan.ts';
import { plansJson, plansText, shortPath, type Planned } from './plan-text.ts';
import { chooseWrapper, type Wrapper } from './wrapper.ts';

export interface InstallSurroundings {
  out: Out;
  tell(line: string): void;
  /** Asks the user; undefined: there is nobody to ask. */
  ask: ((question: string) => Promise<boolean>) | undefined;
  stopped: Promise<void>;
  env: Environment;
  platform: NodeJS.Platform;
  /** The current folder. */
  folder: string;
  /** Paths of Node and of our script. */
  node: string;
  script: string;
}

/**
 * Puts mcpspan before the servers in the configuration of clients, or takes it away again. Resolves with the exit code:
 * 1 where a file could not be read or changed, 2 where nobody agreed to the change.
 */
export async function install(
  command: InstallCommand,
  config: InstallConfig,
  surroundings: InstallSurroundings,
): Promise<number> {
  const { out, tell, ask, stopped, env, platform, folder, node, script } = surroundings;
  const unknown = config.clients.filter((word) => !isClientId(word));
  for (const word of unknown) tell(`mcpspan: ${unknownClient(word)}`);
  if (unknown.length > 0) return 2;
  const wrapper = command === 'uninstall' ? undefined : chooseWrapper({ node, script, env, platform, version });
  if (typeof wrapper === 'string') {
    tell(`mcpspan: ${wrapper}`);
    return 2;
  }
  const backups = backupsIn(join(dirname(config.store), 'backups'));
  const means: Means = { wrapper, scripts: new Set([script, ...backups.scripts()]), platform };
  const machine: Machine = { env, platform, home: config.home, folder };
  const { planned, notes, missing } = planAll(config, machine, means);
  for (const path of missing) tell(`mcpspan: ${path}`);
  const faults = missing.length + planned.filter(({ plan }) => typeof plan === 'string').length;
  const changes = planned.flatMap(({ plan }) => (typeof plan === 'string' || plan.edits.length === 0 ? [] : plan));
  const show = config.json ? undefined : (text: string) => out.write(text);
  show?.(introduction(planned, wrapper, notes, machine, out));
  const onlyLooks = config.print || (config.json && !config.yes);
  if (changes.length === 0 || onlyLooks) {
    show?.(prose([changes.length === 0 ? 'Nothing to change.' : 'Nothing is changed: --print only shows.'], out));
    if (config.json) out.write(plansJson(planned, wrapper?.said, false));
    return faults > 0 ? 1 : 0;
  }
  if (!config.yes && ask === undefined) {
    tell('mcpspan: nothing is changed: there is no terminal to ask on; give --yes, or --print to look only');
    return 2;
  }
  const question = `Change ${changes.length === 1 ? 'this file' : `these ${changes.length} files`}?`;
  const agreed = config.yes || (await Promise.race([ask?.(question), stopped.then(() => false)])) === true;
  if (!agreed) {
    tell('mcpspan: nothing is changed');
    return 2;
  }
  const failed = changes.filter(
    (plan) => !change(plan, backups, means, script, { tell, show, home: config.home, out }),
  );
  if (config.json) out.write(plansJson(planned, wrapper?.said, failed.length === 0));
  if (failed.length < changes.length)
    show?.(
      prose([`Restart ${listed(changes.filter((plan) => !failed.includes(plan)))} to start the servers anew.`], out),
    );
  return faults + failed.length > 0 ? 1 : 0;
}

const listed = (plans: readonly FilePlan[]): string => [...new Set(plans.map(({ file }) => file.title))].join(', ');

function introduction(
  planned: readonly Planned[],
  wrapper: Wrapper | undefined,
  notes: readonly string[],
  { home }: Machine,
  out: Out,
): string {
  const what = wrapper === undefined ? '' : `Commands run behind: ${wrapper.said} --name NAME --`;
  return [prose([what], out), plansText(planned, home, out), prose(notes, out)]
    .filter((text) => text !== '')
    .join('\n');
}

interface PlannedAll {
  planned: Planned[];
  notes: string[];
  /** What was asked for and is not there. */
  missing: string[];
}

function planAll(config: InstallConfig, machine: Machine, means: Means): PlannedAll {
  const named = config.clients.filter(isClientId);
  const clients: readonly ClientId[] = named.length > 0 ? named : CLIENT_IDS;
  const { user, project } = clientFiles(clients, machine);
  const read = (files: readonly ClientFile[]): Planned[] =>
    files.flatMap((file) => {
      const plan = planAt(file, means);
      return plan === undefined ? [] : [{ file, plan }];
    });
  const ofProject = read(project);
  const planned = [...read(user), ...(config.project ? ofProject : [])];
  const shared = ofProject.map(({ file }) => shortPath(file.path, machine.home)).join(', ');
  const notes =
    ofProject.length === 0
      ? []
      : config.project
        ? [`A project's files (${shared}) may be shared with others, who have no mcpspan at this path.`]
        : [`Not touched, as it may be shared with others: ${shared}; --project includes it.`];
  const missing = named.flatMap((client) => {
    if (planned.some(({ file }) => file.client === client)) return [];
    const looked = [...user, ...(config.project ? project : [])].filter((file) => file.client === client);
    return `${client} has no configuration here: looked at ${looked.map(({ path }) => path).join(', ')}`;
  });
  if (planned.length === 0 && named.length === 0)
    missing.push(`no client has a configuration here: looked at ${user.map(({ path }) => path).join(', ')}`);
  return { planned, notes, missing };
}

function unknownClient(word: string): string {
  const nearest = closest(word, CLIENT_IDS);
  const cure = nearest === undefined ? `one of ${CLIENT_IDS.join(', ')}` : `did you mean ${nearest}?`;
  return `'${plain(word)}' is no client that mcpspan knows; ${cure}`;
}

/** Undefined: the file is not there. */
function planAt(file: ClientFile, means: Means): Planned['plan'] | undefined {
  try {
    const before = readText(file.path);
    // Some clients leave an empty file.
    if (before === undefined || before.trim() === '') return undefined;
    return planFile(file, before, means);
  } catch (error) {
    return `cannot be read: ${messageOf(error)}`;
  }
}

interface Speaking {
  tell(line: string): void;
  show: ((text: string) => void) | undefined;
  home: string;
  out: Out;
}

/** Writes a file. Returns false, and has said why, where it could not. */
function change(
  plan: FilePlan,
  backups: Backups,
  means: Means,
  script: string,
  { tell, show, home, out }: Speaking,
): boolean {
  const { file, before } = plan;
  const path = plain(shortPath(file.path, home));
  try {
    const bare = bareText(plan, backups, means);
    const installs = means.wrapper !== undefined;
    const after = installs ? plan.after : bare;
    const copy = installs ? backups.keep(file, bare, after, script) : undefined;
    if (!replaceText(file.path, before, after)) {
      tell(`mcpspan: ${path} was changed meanwhile, and is left as it is: run this again`);
      return false;
    }
    if (!installs) backups.forget(file);
    show?.(
      prose(
        [`${path} is ${installs ? 'changed' : 'as it was'}.${copy === undefined ? '' : ` What it was: ${copy}`}`],
        out,
      ),
    );
    return true;
  } catch (error) {
    tell(`mcpspan: ${path} could not be changed: ${plain(messageOf(error))}`);
    return false;
  }
}

/** The file without mcpspan: to the byte what it was before `install`, if it is still to the byte what that wrote. */
function bareText({ file, before }: FilePlan, backups: Backups, means: Means): string {
  const original = backups.original(file, before);
  if (original !== undefined) return original;
  const plan = planFile(file, before, { ...means, wrapper: undefined });
  if (typeof plan === 'string') throw new Error(`the file ${plan}`);
  return plan.after;
}
