import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lanePictures } from '../../scripts/lanes-picture.ts';
import { charactersOf } from '../../src/reading/lanes/characters.ts';
import { DARK_COLOURS, LIGHT_COLOURS, NAMED_COLOURS } from '../../src/reading/lanes/colours.ts';
import type { PictureOptions } from '../../src/reading/lanes/frame.ts';
import { lanesOf, type Lanes } from '../../src/reading/lanes/lanes.ts';
import { lanePicture } from '../../src/reading/lanes/picture.ts';
import type { PictureElement } from '../../src/reading/lanes/picture-element.ts';
import { kept, perCall, START, storedFrom, type ClientSpec } from './stored-lanes.ts';

const root = join(import.meta.dirname, '../..');
const WIDE = 1_000;
const NARROW = 360;

const lanesFrom = (specs: readonly ClientSpec[]): Lanes => {
  const { lanes, marksOf } = storedFrom(specs);
  return lanesOf(lanes, { clients: 5, rows: 15, moment: 'richest' }, marksOf);
};

const draw = (lanes: Lanes, options: Partial<PictureOptions> = {}): PictureElement =>
  lanePicture(lanes, {
    width: WIDE,
    colours: LIGHT_COLOURS,
    now: START,
    timeOf: (at) => `${(at - START) / 1_000} s`,
    origin: START,
    titles: true,
    ...options,
  });

/** All elements of a picture, from the outermost on. */
function all(picture: PictureElement): PictureElement[] {
  return [picture, ...picture.children.flatMap((child) => (typeof child === 'string' ? [] : all(child)))];
}
const ofClass = (picture: PictureElement, name: string): PictureElement[] =>
  all(picture).filter(({ attributes }) => attributes['class'] === name);
const textOf = ({ children }: PictureElement): string =>
  children.map((child) => (typeof child === 'string' ? child : textOf(child))).join(' ');
const CHATGPT: ClientSpec = { client: 'chatgpt', verdict: 'per-call', sessions: perCall('talk', 7, 0) };
const CLAUDE: ClientSpec = { client: 'claude', verdict: 'reusing', sessions: [kept(9, 5, 65)] };

/** Where the marks of a picture stand: colour, place. */
function marksIn(box: PictureElement | undefined): { fill: unknown; x: number }[] {
  return (box?.children ?? []).flatMap((child) => {
    if (typeof child === 'string') return [];
    const { fill, x, width, cx, d } = child.attributes;
    if (child.tag === 'circle') return [{ fill, x: Number(cx) }];
    if (child.tag === 'path') return [{ fill, x: Number(/^M([\d.]+)/.exec(String(d))?.[1]) }];
    return child.tag === 'rect' && fill === LIGHT_COLOURS.orange ? [{ fill, x: Number(x) + Number(width) / 2 }] : [];
  });
}

describe('the picture', () => {
  it('has a box for each session, with a tick for its handshake and a dot for each call, both to be seen', () => {
    const boxes = ofClass(draw(lanesFrom([CHATGPT, CLAUDE])), 'lane-box');
    expect(boxes).toHaveLength(8);
    for (const box of boxes.slice(0, 7)) {
      const [tick, dot, ...more] = marksIn(box);
      expect([tick?.fill, dot?.fill, more]).toEqual([LIGHT_COLOURS.orange, LIGHT_COLOURS.blue, []]);
      expect((dot?.x ?? 0) - (tick?.x ?? 0)).toBeGreaterThan(5);
    }
    expect(marksIn(boxes[7])).toHaveLength(10);
  });

  it('shows what failed in red and with corners, over everything else', () => {
    const failing = {
      from: 0,
      to: 10,
      marks: [
        [1, 'failed'],
        [5, 'call'],
        [6, 'rejected'],
      ],
    } as const;
    const [box] = ofClass(draw(lanesFrom([{ client: 'claude', sessions: [failing] }])), 'lane-box');
    const shapes = (box?.children ?? []).flatMap((child) => (typeof child === 'string' ? [] : [child]));
    expect(shapes.at(-1)).toMatchObject({ tag: 'path', attributes: { fill: LIGHT_COLOURS.red } });
  });

  it('makes one of marks that could not be told apart, and one of short sessions', () => {
    const calls = Array.from({ length: 10_000 }, (_, call): [number, 'call'] => [call / 1_000, 'call']);
    const [busy] = ofClass(
      draw(lanesFrom([{ client: 'busy', sessions: [{ from: 0, to: 10, marks: calls }] }])),
      'lane-box',
    );
    expect(marksIn(busy).length).toBeLessThan(WIDE / 2);
    const dense = ofClass(draw(lanesFrom([{ client: 'dense', sessions: perCall('talk', 60, 0, 0.001) }])), 'lane-box');
    expect(dense.length).toBeLessThan(10);
    expect(dense.map(({ attributes }) => attributes['aria-label'])).toEqual(dense.map(() => undefined));
    expect(textOf(dense[0] ?? draw(lanesFrom([])))).toContain('more close to it');
  });

  it('says beside each client what it does, and how many sessions that took', () => {
    const [chatgpt, claude] = ofClass(draw(lanesFrom([CHATGPT, CLAUDE])), 'lane-group').map(textOf);
    expect(chatgpt).toMatch(/chatgpt .*a session per call .*7 sessions, 1 conversation/);
    expect(claude).toMatch(/claude .*keeps its session .*1 session, 9 calls/);
  });

  it('explains only what there is to see', () => {
    const legend = (specs: readonly ClientSpec[]): string => textOf(draw(lanesFrom(specs)));
    expect(legend([CHATGPT])).toMatch(/one session.*handshake.*tool call/);
    expect(legend([CHATGPT])).not.toMatch(/failed call|rejected call|no session id/);
    const activity = { from: 0, to: 9, real: false, conversation: 'c', marks: [[1, 'rejected']] } as const;
    expect(legend([{ client: 'modern', sessions: [activity] }])).toMatch(/rejected call.*no session id/);
  });

  it.each([WIDE, NARROW])('is %s pixels wide, and nothing stands outside it', (width) => {
    const picture = draw(lanesFrom([CHATGPT, CLAUDE]), { width });
    expect(picture.attributes).toMatchObject({ width, viewBox: expect.stringContaining(`0 0 ${width} `) });
    for (const { tag, attributes } of all(picture)) {
      if (tag === 'circle') expect(Number(attributes['cx'])).toBeLessThan(width);
      if (tag !== 'rect') continue;
      expect(Number(attributes['x'])).toBeGreaterThanOrEqual(0);
      expect(Number(attributes['x']) + Number(attributes['width'])).toBeLessThanOrEqual(width);
    }
  });

  it('has labels beside the lanes, and above them where it is narrow', () => {
    const boxTop = (width: number): number => {
      const [box] = ofClass(draw(lanesFrom([CLAUDE]), { width }), 'lane-box');
      const rect = box?.children.find((child) => typeof child !== 'string' && child.tag === 'rect');
      return typeof rect === 'object' ? Number(rect.attributes['y']) : 0;
    };
    expect(boxTop(NARROW)).toBeGreaterThan(boxTop(WIDE) + 20);
  });

  it('leads to each session and each conversation where it may, and has no link elsewhere', () => {
    const links = (options: Partial<PictureOptions>): unknown[] =>
      all(draw(lanesFrom([CHATGPT]), options)).flatMap(({ attributes: { href } }) =>
        href === undefined ? [] : [href],
      );
    expect(links({})).toEqual([]);
    const hrefOf: PictureOptions['hrefOf'] = (target) => (target.kind === 'session' ? '#row' : `#${target.kind}`);
    expect(links({ hrefOf })).toEqual(['#conversation', ...Array.from({ length: 7 }, () => '#row')]);
  });
});

describe('a line of characters', () => {
  const lines = (spec: ClientSpec, width: number): string[] => {
    const lanes = lanesFrom([spec]);
    return (lanes.groups[0]?.lanes ?? []).flatMap((lane) => charactersOf(lane, lanes, width));
  };

  it('shows a session that is kept between brackets, with its calls where they were', () => {
    const session = {
      from: 0,
      to: 100,
      marks: [
        [0, 'handshake'],
        [20, 'call'],
        [50, 'call'],
        [90, 'failed'],
      ],
    } as const;
    expect(lines({ client: 'claude', sessions: [session] }, 21)).toEqual(['[|  ·     ·       ✗ ]']);
  });

  it('shows short sessions by their handshakes, each with the worst that followed', () => {
    const failing = {
      from: 30,
      to: 30.1,
      conversation: 'talk',
      marks: [
        [30, 'handshake'],
        [30.1, 'failed'],
      ],
    } as const;
    expect(lines({ client: 'chatgpt', sessions: [...perCall('talk', 3, 0, 10), failing] }, 16)).toEqual([
      '|·   |·   |·  |✗',
    ]);
  });

  it('shows requests without a session id in other brackets', () => {
    const activity = { from: 0, to: 100, real: false, marks: [[50, 'call']] } as const;
    expect(lines({ client: 'modern', sessions: [activity] }, 11)).toEqual(['(    ·    )']);
  });

  it('is never longer than its width, and says where it is cut', () => {
    for (const width of [1, 2, 5, 20, 60]) {
      const [line = ''] = lines({ client: 'dense', sessions: perCall('talk', 60, 0, 0.01) }, width);
      expect(line).toHaveLength(width);
      expect(line.at(-1)).toBe('…');
    }
  });

  it('is one for each track, where sessions overlap', () => {
    const overlapping = [0, 50].map((from) => kept(1, from, from + 80, { conversation: 'talk' }));
    expect(lines({ client: 'claude', sessions: overlapping }, 14).map((line) => line.trim()[0])).toEqual(['[', '[']);
  });
});

describe("the README's picture", () => {
  it('is what the demo’s history looks like (cure: node scripts/lanes-picture.ts)', async () => {
    const files = await lanePictures();
    expect(Object.keys(files)).toHaveLength(2);
    for (const [name, text] of Object.entries(files)) {
      expect(readFileSync(join(root, 'docs', name), 'utf8') === text, name).toBe(true);
      expect(text).toMatch(/chatgpt.*a session per call.*claude\.ai.*keeps its session/s);
    }
  });

  it('has the colours of the page', () => {
    const css = readFileSync(join(root, 'src/viewer/page/page.css'), 'utf8');
    for (const [name, light] of Object.entries(LIGHT_COLOURS)) {
      const colour = name as keyof typeof LIGHT_COLOURS;
      const variable = NAMED_COLOURS[colour].slice('var('.length, -1);
      expect(css).toContain(`${variable}: light-dark(${light}, ${DARK_COLOURS[colour]});`);
    }
  });
});
