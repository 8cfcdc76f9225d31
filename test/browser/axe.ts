import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const SOURCE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * What a page does that keeps people out, a line for each rule that it breaks, with one of the places where. Wants a page
 * without a policy: this is no script of it.
 */
export async function barriersIn(page: Page): Promise<string[]> {
  await page.evaluate(`window.axe === undefined && (() => { ${SOURCE} })()`);
  const options = JSON.stringify({ runOnly: { type: 'tag', values: TAGS } });
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${options})`);
  return violations.map(({ id, nodes }) => {
    const [{ target, failureSummary } = { target: [], failureSummary: '' }] = nodes;
    return `${id} (${nodes.length} ×) ${target.join(' ')}: ${failureSummary?.replaceAll(/\s+/g, ' ')}`;
  });
}
