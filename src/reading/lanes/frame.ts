import type { Lanes } from './lanes.ts';
import type { ShapeSizes } from './placing.ts';

export type PictureColour = 'text' | 'muted' | 'line' | 'edge' | 'card' | 'blue' | 'red' | 'green' | 'orange';

/** Where a part of the picture leads to. */
export type LaneTarget =
  | { kind: 'session'; traceId: string }
  | { kind: 'conversation'; server: string; client: string; conversation: string }
  | { kind: 'client'; server: string; client: string };

export interface PictureOptions {
  /** In pixels. */
  width: number;
  colours: Readonly<Record<PictureColour, string>>;
  /** Milliseconds since the epoch. */
  now: number;
  /** A time under the axis. */
  timeOf(at: number): string;
  /** What times are round from: milliseconds since the epoch. */
  origin: number;
  /** Absent: nothing in the picture is a link. */
  hrefOf?(target: LaneTarget): string;
  /** Whether parts explain themselves when they are pointed at. */
  titles: boolean;
}

/** From the edges of the picture. */
export const SIDE_PX = 10;

/** What all parts of one picture share. */
export interface LaneFrame extends PictureOptions {
  lanes: Lanes;
  /** Where the axis begins and ends. */
  left: number;
  right: number;
  beside: boolean;
  several: boolean;
  x(at: number): number;
  sizes: ShapeSizes;
}
