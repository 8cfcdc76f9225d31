import { type Evidence } from '../../reading/findings.ts';
import type { Filter } from '../../store/filter.ts';
import type { StoreReader } from '../../store/reader.ts';
import { lostIn } from '../../viewer/lost-in.ts';

const MAX_CHANGES = 20;

/** What findings are made from, beside figures that are at hand. */
export const evidenceOf = (
  reader: StoreReader,
  filter: Filter,
  figures: Pick<Evidence, 'clients' | 'tools'>,
  now: number,
): Evidence => ({
  ...figures,
  lost: reader.faults({ ...filter, status: 'lost' }).reduce((total, { number }) => total + number, 0),
  changes: reader.changes({ ...filter, limit: MAX_CHANGES }),
  processes: reader.processes(),
  repeats: reader.repeats(filter),
  toolChanges: reader.changeEffects(
    reader.toolChanges({ since: filter.since, server: filter.server, tool: filter.tool, limit: MAX_CHANGES }),
  ),
  now,
  lostAttempts: lostIn(reader, filter),
});
