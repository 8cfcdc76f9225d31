import { SIDE_PX, type LaneFrame, type LaneTarget, type PictureOptions } from './frame.ts';
import { labelsOf } from './labels.ts';
import { legend, timeAxis } from './legend.ts';
import type { Lane, LaneGroup, Lanes } from './lanes.ts';
import { boxShape, markShape, round } from './mark-shapes.ts';
import { element, linked, type PictureElement } from './picture-element.ts';
import { drawnLane, LARGE, SMALL, type DrawnBox, type DrawnMark } from './placing.ts';
import { nameText } from '../names.ts';
import { boxInWords, laneInWords, LANES_TITLE, markInWords } from './words.ts';

const TEXT_PX = 12.5;
const LABELS_PX = 200;
/** On a narrower picture labels stand above the lanes. */
const BESIDE_FROM_PX = 620;
const TRACK_PX = 18;
const LANE_GAP_PX = 5;
const GROUP_GAP_PX = 9;
const AXIS_PX = 22;
/** Between the edge of the lanes and the ends of the axis. */
const AXIS_SIDE_PX = 10;

/** The picture: a legend, for each client its lanes, and a time axis. */
export function lanePicture(lanes: Lanes, options: PictureOptions): PictureElement {
  const beside = options.width >= BESIDE_FROM_PX;
  const left = beside ? LABELS_PX + SIDE_PX : SIDE_PX;
  const right = options.width - SIDE_PX;
  const [begin, end] = [left + AXIS_SIDE_PX, right - AXIS_SIDE_PX];
  const x = (at: number): number => begin + ((at - lanes.from) / (lanes.to - lanes.from)) * (end - begin);
  const several = lanes.groups.some(({ server }) => server !== lanes.groups[0]?.server);
  const frame: LaneFrame = { ...options, lanes, left, right, beside, several, x, sizes: beside ? LARGE : SMALL };
  const key = legend(frame);
  let y = key.height;
  const groups = lanes.groups.map((group) => {
    const drawn = groupOf(group, y, frame);
    y += drawn.height;
    return drawn.element;
  });
  const height = y + AXIS_PX;
  const { colours, width } = options;
  return element(
    'svg',
    {
      class: 'lanes',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      'font-size': TEXT_PX,
      fill: colours.text,
      role: options.hrefOf === undefined ? 'img' : 'group',
      'aria-label': LANES_TITLE,
    },
    ...key.elements,
    ...timeAxis(frame, key.height, y),
    ...groups,
  );
}

function groupOf(group: LaneGroup, top: number, frame: LaneFrame): { height: number; element: PictureElement } {
  const { beside, colours, width } = frame;
  const labels = labelsOf(group, top + GROUP_GAP_PX, frame);
  let y = top + GROUP_GAP_PX + (beside ? 0 : labels.height + 2);
  const first = y;
  const lanes = group.lanes.flatMap((lane) => {
    const height = lane.tracks * TRACK_PX;
    const drawn = laneOf(lane, group, y, height, frame);
    y += height + LANE_GAP_PX;
    return drawn;
  });
  const bottom = Math.max(y - LANE_GAP_PX, beside ? first + labels.height : 0) + GROUP_GAP_PX;
  return {
    height: bottom - top,
    element: element(
      'g',
      { key: `${group.server} ${group.client}`, class: 'lane-group' },
      element('path', { d: `M0 ${top + 0.5}H${width}`, stroke: colours.line, 'stroke-width': 1 }),
      labels.element,
      ...lanes,
    ),
  };
}

function laneOf(
  lane: Lane,
  { server, client }: LaneGroup,
  top: number,
  height: number,
  frame: LaneFrame,
): PictureElement[] {
  const { left, right, colours, hrefOf, titles, now } = frame;
  const { conversation, boxes } = lane;
  const drawn = drawnLane(lane, frame.x, { left: left + AXIS_SIDE_PX, right: right - AXIS_SIDE_PX }, frame.sizes);
  const key = conversation ?? `session ${boxes[0]?.row ?? 0}`;
  const begin = Math.min(...drawn.map((box) => box.x));
  const end = Math.max(...drawn.map((box) => box.x + box.width));
  const thread =
    conversation !== undefined && drawn.length > 1
      ? [
          element('path', {
            d: `M${round(begin)} ${top + TRACK_PX / 2}H${round(end)}`,
            stroke: colours.edge,
            'stroke-width': 1,
          }),
        ]
      : [];
  const area = element('rect', {
    class: 'lane-area',
    x: left,
    y: top - 2,
    width: right - left,
    height: height + 4,
    rx: 5,
    fill: 'transparent',
  });
  const name = `${nameText(client)}: ${laneInWords(lane)}`;
  const target: LaneTarget | undefined =
    conversation === undefined ? undefined : { kind: 'conversation', server, client, conversation };
  return [
    element(
      'g',
      { key, class: 'lane' },
      linked(
        target && hrefOf?.(target),
        { class: 'lane-key', 'aria-label': name },
        ...(titles ? [element('title', {}, name)] : []),
        area,
        ...thread,
      ),
      ...drawn.map((box) =>
        boxElement(box, `${nameText(client)}, ${boxInWords(box.box, now)}`, top, conversation === undefined, frame),
      ),
    ),
  ];
}

function boxElement(drawn: DrawnBox, name: string, top: number, isStop: boolean, frame: LaneFrame): PictureElement {
  const { hrefOf, titles } = frame;
  const { box, merged } = drawn;
  const words = merged === 0 ? name : `${name}; and ${merged} more close to it`;
  const y = top + box.track * TRACK_PX;
  const shape = { x: drawn.x, y: y + 1, width: drawn.width, height: TRACK_PX - 2, real: box.real };
  return linked(
    hrefOf?.({ kind: 'session', traceId: box.traceId }),
    // Tab comes to rows; the arrow keys go from box to box.
    { key: box.row, class: 'lane-box', 'aria-label': words, tabindex: hrefOf === undefined || isStop ? undefined : -1 },
    ...(titles ? [element('title', {}, words)] : []),
    boxShape(shape, frame),
    ...drawn.marks.map((mark) => markElement(mark, y + TRACK_PX / 2, frame)),
  );
}

function markElement(mark: DrawnMark, y: number, frame: LaneFrame): PictureElement {
  const shape = markShape(mark.kind, mark.x, y, frame);
  const title = frame.titles ? [element('title', {}, markInWords(mark))] : [];
  return element(shape.tag, { ...shape.attributes, key: `${mark.kind} ${mark.at}` }, ...title);
}
