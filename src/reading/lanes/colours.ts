import type { PictureColour } from './frame.ts';

type Colours = Readonly<Record<PictureColour, string>>;

/** Colours by the names that `page.css` gives them: whoever shows the picture defines those. */
export const NAMED_COLOURS: Colours = {
  text: 'var(--text)',
  muted: 'var(--muted)',
  line: 'var(--line)',
  edge: 'var(--line-strong)',
  card: 'var(--card)',
  blue: 'var(--blue)',
  red: 'var(--red)',
  green: 'var(--green)',
  orange: 'var(--orange)',
};

/** The same as they are in `page.css`, for pictures outside the page. */
export const LIGHT_COLOURS: Colours = {
  text: '#1b222c',
  muted: '#5b6675',
  line: '#e1e5ea',
  edge: '#c3cad3',
  card: '#fff',
  blue: '#1c6fd6',
  red: '#c0262d',
  green: '#167238',
  orange: '#a85a00',
};
export const DARK_COLOURS: Colours = {
  text: '#e6eaf0',
  muted: '#9aa6b5',
  line: '#2b3440',
  edge: '#455162',
  card: '#1a2029',
  blue: '#5a9df5',
  red: '#ff7b7b',
  green: '#58c984',
  orange: '#f0a64a',
};
