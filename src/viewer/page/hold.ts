import type { Hold } from './state.ts';

const LIST = '[data-holds]';

/** Whether somebody points at a list that moves by itself, or is in it with the keyboard. */
export function isTouched(): boolean {
  const focused = document.activeElement?.closest(LIST) ?? null;
  if (focused !== null) return true;
  // After a tap, a screen that is touched stays hovered.
  return matchMedia('(hover: hover)').matches && document.querySelector(`${LIST}:hover`) !== null;
}

/** Tells whenever that may have changed. */
export function watchTouch(onChange: () => void): void {
  for (const event of ['pointerover', 'focusin', 'focusout']) document.addEventListener(event, onChange);
  document.documentElement.addEventListener('pointerleave', onChange);
}

/** Why a list stands still, and how many operations wait; undefined: it moves. */
export function holdInWords(paused: boolean, hold: Hold | undefined, waiting: string): string | undefined {
  if (hold === undefined) return undefined;
  const until = paused ? 'until you press p' : 'while you are in it';
  return `This list stands still ${until}: ${waiting}.`;
}
