import type { Page } from 'playwright-core';

/** What makes a page wider than its window: a line for each of the innermost elements that stick out of it. */
export async function overflowOf(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    if (document.scrollingElement.scrollWidth <= window.innerWidth) return [];
    const scrolls = (element) => element !== null && element !== document.body &&
      (getComputedStyle(element).overflowX !== 'visible' || scrolls(element.parentElement));
    const out = [...document.body.querySelectorAll('*')].filter(
      (element) => element.getBoundingClientRect().right > window.innerWidth + 1 && !scrolls(element));
    const innermost = out.filter((element) => !out.some((other) => other !== element && element.contains(other)));
    const told = innermost.slice(0, 10).map((element) =>
      element.localName + '.' + element.className + ' by ' +
      Math.round(element.getBoundingClientRect().right - window.innerWidth) + ': ' + element.textContent.slice(0, 60));
    return told.length === 0 ? ['something is wider than the window'] : told;
  })()`);
}
