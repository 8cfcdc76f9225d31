import type { MarkKind } from '../../store/lanes.ts';
import type { LaneFrame } from './frame.ts';
import { element, type PictureElement } from './picture-element.ts';

interface Shape {
  x: number;
  y: number;
  width: number;
  height: number;
  real: boolean;
}

/** A session, or requests without one. */
export const boxShape = ({ x, y, width, height, real }: Shape, { colours }: LaneFrame): PictureElement =>
  element('rect', {
    x: round(x),
    y,
    width: round(width),
    height,
    rx: 4.5,
    fill: colours.blue,
    'fill-opacity': real ? 0.13 : 0.04,
    stroke: colours.edge,
    'stroke-width': 1,
    'stroke-dasharray': real ? undefined : '3 3',
  });

/** What happened, in a shape and a colour of its own. */
export function markShape(
  kind: MarkKind,
  x: number,
  y: number,
  { colours, sizes: { half } }: LaneFrame,
): PictureElement {
  const at = round(x);
  switch (kind) {
    case 'handshake':
      return element('rect', {
        x: round(x - half / 2),
        y: y - 7,
        width: half,
        height: 14,
        rx: 1,
        fill: colours.orange,
      });
    case 'call':
      return element('circle', { cx: at, cy: y, r: half, fill: colours.blue });
    case 'failed': {
      // Not by its colour alone: it has corners.
      const far = half * 1.4;
      return element('path', {
        d: `M${at} ${y - far}l${far} ${far}l${-far} ${far}l${-far} ${-far}z`,
        fill: colours.red,
      });
    }
    case 'rejected':
      return element('circle', {
        cx: at,
        cy: y,
        r: half - 0.6,
        fill: colours.card,
        stroke: colours.orange,
        'stroke-width': 1.8,
      });
  }
}

export const round = (pixels: number): number => Math.round(pixels * 10) / 10;
