import { OFFERED_MS } from '../session/surface.ts';
import type { ToolFigures } from '../store/tool-figures.ts';
import { hasSeveralServers } from './column.ts';
import { counted } from './figures.ts';
import { tokensIn, tokensInWords } from './tokens.ts';

/** What a server offers in its lists. */
export interface Surface {
  server: string;
  tools: number;
  /** Tools without a call in the requested time. */
  unused: number;
  tokens: number;
}

/** What each server offers now. Tools that it no longer lists cost nothing. @param tools those of all clients */
export function surfacesOf(tools: readonly ToolFigures[]): Surface[] {
  const listed = tools.flatMap(({ server, calls, definition }) =>
    definition === undefined ? [] : [{ server, calls, ...definition }],
  );
  return [...Map.groupBy(listed, ({ server }) => server)].map(([server, all]) => {
    const latest = all.reduce((at, { listedAt }) => Math.max(at, listedAt), 0);
    const offered = all.filter(({ listedAt }) => listedAt >= latest - OFFERED_MS);
    return {
      server,
      tools: offered.length,
      unused: offered.filter(({ calls }) => calls === 0).length,
      tokens: tokensIn(offered.reduce((sum, { bytes }) => sum + bytes, 0)),
    };
  });
}

/** What a server's definitions cost, in a sentence. @param at ` at quiz`, or `''` */
export function surfaceInWords({ tools, unused, tokens }: Surface, at = ''): string {
  const cost = `${counted(tools, 'tool')}${at} ${tools === 1 ? 'costs' : 'cost'} about ${tokensInWords(tokens)} tokens in every conversation`;
  if (tools === 1) return `${cost}; it was ${unused === 0 ? '' : 'not '}called.`;
  if (unused === 0) return `${cost}; each was called.`;
  return `${cost}; ${unused === tools ? 'none was called' : `${counted(unused, 'was', 'were')} not called`}.`;
}

/** The same of all servers, a sentence each. */
export function surfacesInWords(tools: readonly ToolFigures[]): string[] {
  const several = hasSeveralServers(tools);
  return surfacesOf(tools).map((surface) => surfaceInWords(surface, several ? ` at ${surface.server}` : ''));
}
