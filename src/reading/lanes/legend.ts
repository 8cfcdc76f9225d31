import { ticksOn } from './axis.ts';
import { SIDE_PX, type LaneFrame } from './frame.ts';
import { boxShape, markShape, round } from './mark-shapes.ts';
import { kindsIn, MARK_TITLES } from './words.ts';
import { element, type PictureElement } from './picture-element.ts';

const CHAR_PX = 7;
const LINE_PX = 20;
const GAP_PX = 6;
const TICK_APART_PX = 80;
/** What the shapes mean, on as many lines as it takes. */
export function legend(frame: LaneFrame): { height: number; elements: PictureElement[] } {
  const { colours, lanes, width } = frame;
  const boxes = lanes.groups.flatMap((group) => group.lanes.flatMap((lane) => lane.boxes));
  const box =
    (real: boolean) =>
    (x: number, y: number): PictureElement =>
      boxShape({ x, y: y - 7, width: 22, height: 14, real }, frame);
  const items = [
    ...(boxes.some(({ real }) => real) ? [{ title: 'one session', size: 22, shape: box(true) }] : []),
    ...kindsIn(lanes).map((kind) => ({
      title: MARK_TITLES[kind],
      size: 8,
      shape: (x: number, y: number): PictureElement => markShape(kind, x + 4, y, frame),
    })),
    ...(boxes.some(({ real }) => !real) ? [{ title: 'no session id', size: 22, shape: box(false) }] : []),
  ];
  let [x, line] = [SIDE_PX, 0];
  const elements = items.map(({ title, size, shape }) => {
    const room = size + 6 + title.length * CHAR_PX;
    if (x + room > width) [x, line] = [SIDE_PX, line + 1];
    const y = line * LINE_PX + 10;
    const text = element('text', { x: x + size + 6, y: y + 4, fill: colours.muted }, title);
    const drawn = element('g', {}, shape(x, y), text);
    x += room + 18;
    return drawn;
  });
  return { height: (line + 1) * LINE_PX + GAP_PX, elements };
}

/** Round times, from the legend down to below the lanes. */
export function timeAxis(
  { lanes, left, right, colours, timeOf, origin, x }: LaneFrame,
  top: number,
  bottom: number,
): PictureElement[] {
  const most = Math.max(2, Math.floor((right - left) / TICK_APART_PX));
  return ticksOn(lanes, most, origin).flatMap((at) => {
    const place = round(x(at));
    const text = timeOf(at);
    const line = element('path', { d: `M${place} ${top}V${bottom + 4}`, stroke: colours.line, 'stroke-width': 1 });
    const fits = Math.min(place - left, right - place) + SIDE_PX >= (text.length * CHAR_PX) / 2;
    if (!fits) return [line];
    const below = { x: place, y: bottom + 17, fill: colours.muted, 'text-anchor': 'middle', 'font-size': 11.5 };
    return [line, element('text', below, text)];
  });
}
