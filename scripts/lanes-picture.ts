// `node scripts/lanes-picture.ts` plays the hour before a demo and draws the README's picture of it: docs/lanes-light.svg
// and docs/lanes-dark.svg.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeHistory } from '../src/commands/demo/history.ts';
import { markupOf } from '../src/commands/store/markup.ts';
import { DARK_COLOURS, LIGHT_COLOURS } from '../src/reading/lanes/colours.ts';
import { lanesOf } from '../src/reading/lanes/lanes.ts';
import { lanePicture } from '../src/reading/lanes/picture.ts';
import { roster } from '../src/simulator/profiles.ts';
import { openReader } from '../src/store/reader.ts';

const CLIENTS = ['chatgpt-2025', 'claude-2026-03', 'vscode'];
const NOW = Date.UTC(2026, 0, 1, 12);
const WIDTH_PX = 880;
const FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif";

/** `1:30`. */
const minutesAndSeconds = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.round(seconds) % 60).padStart(2, '0')}`;

/** The files of the picture, by their names. The same source makes the same files. */
export async function lanePictures(): Promise<Readonly<Record<string, string>>> {
  const folder = mkdtempSync(join(tmpdir(), 'mcpspan-picture-'));
  try {
    const path = join(folder, 'store.db');
    const profiles = roster.filter(({ name }) => CLIENTS.includes(name));
    const servers = [{ name: 'quiz', profiles }];
    const say = (line: string): void => console.error(line);
    await writeHistory({ path, seed: 1, now: NOW, minutes: 60, servers, say });
    const opened = openReader(path, () => NOW);
    if (opened.kind === 'trouble') throw new Error(opened.sentence);
    using reader = opened.reader;
    const lanes = lanesOf(reader.lanes({}), { clients: CLIENTS.length, rows: 9, moment: 'richest' }, (asked) =>
      reader.marks(asked),
    );
    const drawn = (colours: typeof LIGHT_COLOURS): string => {
      const picture = lanePicture(lanes, {
        width: WIDTH_PX,
        colours,
        now: NOW,
        origin: lanes.from,
        timeOf: (at) => minutesAndSeconds((at - lanes.from) / 1_000),
        titles: false,
      });
      const attributes = { xmlns: 'http://www.w3.org/2000/svg', 'font-family': FONT, ...picture.attributes };
      return `${markupOf({ ...picture, attributes }).replaceAll('><g', '>\n<g')}\n`;
    };
    return { 'lanes-light.svg': drawn(LIGHT_COLOURS), 'lanes-dark.svg': drawn(DARK_COLOURS) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(await lanePictures()))
    writeFileSync(join(import.meta.dirname, '../docs', name), text);
}
