import type { Evidence } from '../../reading/findings.ts';
import type { ChangeEffect } from '../../store/change-effects.ts';
import type { EraFigures, ReadyFigures } from '../../store/ready-figures.ts';
import type { ToolFigures } from '../../store/tool-figures.ts';
import { quoted } from './harmless.ts';

/** Figures whose names are quoted, so that they are quoted in each sentence about them. */
export const quotedTool = (tool: ToolFigures): ToolFigures => ({
  ...tool,
  server: quoted(tool.server),
  tool: quoted(tool.tool),
  clients: tool.clients.map((each) => ({ ...each, client: quoted(each.client) })),
});

/** The same of what followed a change. */
export const quotedEffect = (effect: ChangeEffect): ChangeEffect => ({
  ...effect,
  change: { ...effect.change, server: quoted(effect.change.server), tool: quoted(effect.change.tool) },
  clients: effect.clients.map((each) => ({ ...each, client: quoted(each.client) })),
});

export const quotedEvidence = ({
  clients,
  tools,
  changes,
  processes,
  repeats,
  toolChanges,
  lostAttempts,
  ...rest
}: Evidence): Evidence => ({
  toolChanges: toolChanges.map(quotedEffect),
  ...rest,
  // Findings look for the process of a server by its name.
  processes: processes.map((each) => ({ ...each, server: quoted(each.server) })),
  clients: clients.map((figures) => ({ ...figures, server: quoted(figures.server), client: quoted(figures.client) })),
  tools: tools.map(quotedTool),
  repeats: repeats.map((repeat) => ({
    ...repeat,
    server: quoted(repeat.server),
    client: quoted(repeat.client),
    tool: quoted(repeat.tool),
  })),
  lostAttempts: lostAttempts.map((lost) => ({ ...lost, server: quoted(lost.server), client: quoted(lost.client) })),
  changes: changes.map((change) => ({
    ...change,
    server: quoted(change.server),
    client: quoted(change.client),
    before: quoted(change.before),
    after: quoted(change.after),
  })),
});

export const quotedReady = ({ server, clients, lint, proofs, ...rest }: ReadyFigures): ReadyFigures => ({
  ...rest,
  server: quoted(server),
  clients: clients.map(({ client, legacy, modern, ...figures }) => ({
    ...figures,
    client: quoted(client),
    legacy: quotedEra(legacy),
    modern: quotedEra(modern),
  })),
  lint: lint.map((each) => ({ ...each, server: quoted(each.server), client: quoted(each.client) })),
  proofs: proofs.map((each) => ({ ...each, server: quoted(each.server), tool: quoted(each.tool) })),
});

const quotedEra = (era: EraFigures): EraFigures => ({ ...era, versions: era.versions.map(quoted) });
