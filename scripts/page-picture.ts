// `node scripts/page-picture.ts` plays the demo and draws its page for the README: docs/page.png. It takes the Chromium of
// the browser tests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { chromium } from 'playwright-core';
import { chromiumPath, CURE } from '../test/browser/installed.ts';

const ROOT = join(import.meta.dirname, '..');
/** The first screen of a laptop, and what is to look at. */
const SIZE = { width: 1280, height: 1000 };
/** The live part fills the right of the picture of sessions, as the hour before it does the left. */
const PLAYED_MS = 45_000;
const PAGE_LINE = /^\s*page\s+(http:\/\/\S+)/;

const executablePath = chromiumPath();
if (executablePath === undefined) throw new Error(CURE);
const demo = spawn(process.execPath, ['src/cli.ts', 'demo', '--listen', '127.0.0.1:0', '--page', '127.0.0.1:0'], {
  cwd: ROOT,
  stdio: ['ignore', 'ignore', 'pipe'],
});
try {
  const url = await pageOf(createInterface(demo.stderr));
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light' });
  await page.goto(url);
  await page.waitForTimeout(PLAYED_MS);
  await page.screenshot({ path: join(ROOT, 'docs/page.png') });
  await browser.close();
} finally {
  const ended = once(demo, 'exit');
  if (demo.exitCode === null && demo.kill()) await ended;
}

/** Where the demo says that its page is. All it says is read: a full pipe would stop it. */
function pageOf(lines: Interface): Promise<string> {
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const url = PAGE_LINE.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
    lines.on('close', () => reject(new Error('the demo ended without a page')));
  });
}
