/** The kinds of changes, in the order of https://keepachangelog.com. */
export const KINDS = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'] as const;

/** A change as CHANGELOG.md has it: `- Added: what …`. */
export interface Change {
  /** Undefined: it has none, as in the first version, of which all is new. */
  kind: string | undefined;
  /** May go over several lines. */
  text: string;
}

/** What CHANGELOG.md says of a version. */
export interface Section {
  /** `''`: there is none. */
  introduction: string;
  changes: Change[];
}

const HEADING = /^## (\S+)(?: - \d{4}-\d\d-\d\d)?(?:\n+|$)(.*)$/s;
const CHANGE = /^- (?:([A-Z]\w+): )?(.*)$/s;

/** The sections, by their headings: `Unreleased`, or a version. Throws where a line belongs to none. */
export function readChangelog(text: string): Map<string, Section> {
  const sections = new Map<string, Section>();
  let section: Section | undefined;
  // A change ends where another one, or a heading, begins.
  for (const part of text.split(/\n(?=- |#)/).map((each) => each.trim())) {
    const [, name, introduction = ''] = HEADING.exec(part) ?? [];
    const [, kind, words] = CHANGE.exec(part) ?? [];
    if (name !== undefined) sections.set(name, (section = { introduction, changes: [] }));
    else if (words !== undefined && section !== undefined) section.changes.push({ kind, text: words });
    else if (!part.startsWith('# ')) throw new Error(`CHANGELOG.md: this belongs to no version: ${part.slice(0, 60)}`);
  }
  return sections;
}

/** The notes of a release, in Markdown. Throws where the changelog has no changes of it. */
export function releaseNotes(changelog: string, version: string): string {
  const { introduction, changes } = readChangelog(changelog).get(version) ?? { introduction: '', changes: [] };
  if (changes.length === 0)
    throw new Error(`CHANGELOG.md has no changes under '## ${version}': rename '## Unreleased' to it`);
  const parts = [undefined, ...KINDS].flatMap((kind) => {
    const own = changes.filter((change) => change.kind === kind).map(({ text }) => `- ${text}\n`);
    return own.length === 0 ? [] : [`${kind === undefined ? '' : `### ${kind}\n\n`}${own.join('')}`];
  });
  return [...(introduction === '' ? [] : [`${introduction}\n`]), ...parts].join('\n');
}
