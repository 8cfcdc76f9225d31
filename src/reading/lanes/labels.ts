import { SIDE_PX, type LaneFrame, type PictureColour } from './frame.ts';
import { moreInWords, sizeInWords } from './words.ts';
import type { LaneGroup } from './lanes.ts';
import { element, linked, type PictureElement } from './picture-element.ts';
import { nameText } from '../names.ts';
import { verdictWords } from '../verdicts.ts';

const LINE_PX = 16;
const TONES: Readonly<Record<'bad' | 'warn' | 'good', PictureColour>> = { bad: 'red', warn: 'orange', good: 'green' };
/** What the words beside a picture stand for. */
function titleOf({ server, client, verdict }: LaneGroup): string {
  const meaning = verdictWords(verdict)?.meaning;
  const name = `${nameText(client)}, ${server}`;
  return meaning === undefined ? name : `${name}: ${verdict}. In its last hour it ${meaning}.`;
}

/** The lines of words beside, or above, the lanes of a client. */
export function labelsOf(group: LaneGroup, top: number, frame: LaneFrame): { height: number; element: PictureElement } {
  const { beside, colours, several, hrefOf, titles } = frame;
  const { server, client, verdict } = group;
  const room = (beside ? frame.left : frame.width - SIDE_PX) - SIDE_PX;
  const words = verdictWords(verdict);
  const more = moreInWords(group, beside);
  const target = { kind: 'client', server, client } as const;
  const name = element('tspan', { 'font-weight': 650 }, nameText(client));
  const where = several ? [element('tspan', { fill: colours.muted, dx: 6 }, server)] : [];
  const judged =
    words === undefined
      ? []
      : [element('tspan', { fill: colours[TONES[words.tone]], 'font-weight': 600 }, words.short)];
  const size = element('tspan', { fill: colours.muted }, sizeInWords(group));
  const rest =
    more === ''
      ? []
      : [linked(hrefOf?.(target), { class: 'lane-more' }, element('tspan', { fill: colours.muted }, more))];
  const spaced = (parts: PictureElement[]): PictureElement[] =>
    parts.map((part, index) => (index === 0 ? part : element('tspan', { dx: 8 }, part)));
  const lines = beside
    ? [[name, ...where], judged, [size], rest]
    : [spaced([name, ...where, ...judged]), spaced([size, ...rest])];
  const there = lines.filter((line) => line.length > 0);
  const height = there.length * LINE_PX;
  const texts = there.map((line, index) => element('text', { x: 0, y: LINE_PX * index + 12 }, ...line));
  return {
    height,
    // Cuts off what is too long.
    element: element(
      'svg',
      { x: SIDE_PX, y: top, width: room, height: height + 2, overflow: 'hidden' },
      ...(titles ? [element('title', {}, titleOf(group))] : []),
      ...texts,
    ),
  };
}
