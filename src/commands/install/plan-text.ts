import { painted, type Out } from '../terminal/out.ts';
import { wrapped } from '../terminal/text.ts';
import { plain } from '../../reading/plain.ts';
import { changeText } from './change-text.ts';
import type { ClientFile } from './client-files.ts';
import type { FilePlan, ServerPlan } from './plan.ts';

/** A file, and what becomes of it; or why nothing can. */
export interface Planned {
  file: ClientFile;
  plan: FilePlan | string;
}

const ACTIONS = { wrap: 'will be wrapped', unwrap: 'will be unwrapped', leave: 'left as it is' };

/** Each file with its servers, and the lines that change. */
export function plansText(plans: readonly Planned[], home: string, out: Out): string {
  return plans.map((one) => planText(one, home, out)).join('\n');
}

function planText({ file, plan }: Planned, home: string, out: Out): string {
  const head = `${painted(file.title, 'bold', out)}  ${plain(shortPath(file.path, home))}\n`;
  if (typeof plan === 'string')
    return `${head}${painted(`  the file ${plain(plan)}; it is left as it is`, 'red', out)}\n`;
  if (plan.servers.length === 0) return `${head}  no servers\n`;
  return head + plan.servers.map((server) => serverText(server, out)).join('') + changeText(plan, out);
}

function serverText({ name, project, action, reason }: ServerPlan, out: Out): string {
  const where = project === undefined ? '' : ` (in ${project})`;
  const text = plain(`${name}${where}: ${ACTIONS[action]}${reason === undefined ? '' : `: ${reason}`}`);
  const whole = wrapped(text, out.columns, { first: '  ', rest: '    ' });
  return `${painted(whole, action === 'leave' ? 'dim' : undefined, out)}\n`;
}

export const shortPath = (path: string, home: string): string =>
  path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;

/** The same for programs. Commands and arguments are not in it: they may hold keys. */
export const plansJson = (plans: readonly Planned[], wrapper: string | undefined, done: boolean): string =>
  `${JSON.stringify(
    {
      ...(wrapper !== undefined && { wrapper }),
      done,
      files: plans.map(({ file, plan }) => ({
        client: file.client,
        path: file.path,
        ...(typeof plan === 'string'
          ? { fault: plan }
          : {
              changes: plan.edits.length > 0,
              servers: plan.servers.map(({ name, project, action, reason }) => ({
                name,
                ...(project !== undefined && { project }),
                action,
                ...(reason !== undefined && { reason }),
              })),
            }),
      })),
    },
    null,
    2,
  )}\n`;
