import { effectInWords, isDangerousChange, kindsInWords } from '../reading/change-words.ts';
import { definitionDiff } from '../reading/definition-diff.ts';
import type { Filter } from '../store/filter.ts';
import type { StoreReader } from '../store/reader.ts';
import type { StoredToolChange } from '../store/tool-change-queries.ts';
import type { DescribedChange, OpenedChange, Tools } from './api.ts';

const MAX_CHANGES = 50;
/** What followed is counted for so many of the latest changes. */
const MAX_EFFECTS = 20;
/** What followed older ones, and those before the period, is told when they are opened: the page asks again and again. */
const MAX_AGE_MS = 2 * 86_400_000;

/** How tools changed, and the change that is open. @param asked its id; 0: none */
export function changesOfTools(
  reader: StoreReader,
  { server, tool, since = 0 }: Filter,
  asked: number,
  at: number,
): Pick<Tools, 'changes' | 'opened'> {
  const found = reader.toolChanges({ server, tool, limit: MAX_CHANGES });
  const oldest = Math.max(since, at - MAX_AGE_MS);
  const recent = found.filter((change) => change.at > oldest).slice(0, MAX_EFFECTS);
  const changes = described(reader, found, recent, at);
  return { changes, opened: asked === 0 ? undefined : opened(reader, asked, changes, at, oldest) };
}

/** @param counted those for which it is counted what followed */
function described(
  reader: StoreReader,
  changes: readonly StoredToolChange[],
  counted: readonly StoredToolChange[],
  at: number,
): DescribedChange[] {
  const effects = new Map(reader.changeEffects(counted).map((each) => [each.change.id, effectInWords(each, at)]));
  return changes.map((change) => ({
    ...change,
    words: kindsInWords(change),
    dangerous: isDangerousChange(change),
    effect: effects.get(change.id) ?? '',
  }));
}

function opened(
  reader: StoreReader,
  id: number,
  listed: readonly DescribedChange[],
  at: number,
  oldest: number,
): OpenedChange | undefined {
  const found = reader.toolChangeAt(id);
  if (found === undefined) return undefined;
  const known = listed.find((each) => each.id === id && each.at > oldest);
  const [change] = known === undefined ? described(reader, [found], [found], at) : [known];
  if (change === undefined) return undefined;
  const { before, after, lacking } = reader.changedDefinitions(change);
  return { change, lacking, lines: lacking ? [] : definitionDiff(before, after) };
}
