import { readBuild, version } from '../version.ts';

/** What runs mcpspan. */
export interface Surroundings {
  /** The version of Node, as it says it itself: `v24.21.0`. */
  node: string;
  platform: string;
  arch: string;
}

/** What `mcpspan --version` prints. The first line is the version alone, for scripts. */
export function versionText({ node, platform, arch }: Surroundings, json: boolean): string {
  const build = readBuild();
  if (json)
    return `${JSON.stringify({ version, ...build, source: build === undefined, node: node.slice(1), platform, arch }, null, 2)}\n`;
  const { commit, committedAt, changed } = build ?? {};
  const known =
    build === undefined
      ? 'from source, not built'
      : commit === undefined
        ? 'built outside a checkout: no commit is known'
        : `commit ${commit}${committedAt === undefined ? '' : ` of ${committedAt}`}${changed === true ? ', with changes' : ''}`;
  return `${version}\n${known}\nNode ${node}, ${platform} ${arch}\n`;
}
