import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { chromiumPath, CURE } from './installed.ts';

/** A page that is looked at, and all that went wrong in it. */
export interface Look extends AsyncDisposable {
  readonly page: Page;
  /** Errors, violations of the policy, dialogs, requests to anybody else, pages that opened: since it was opened. */
  troubles(): readonly string[];
  /** Shows a view: `sessions`, `sessions?seconds=900`. Resolves when its data is there. */
  show(view: string): Promise<void>;
}

export interface OpenBrowser extends AsyncDisposable {
  /** Opens the page of a mcpspan, at `hash`. Resolves when its data is there. */
  look(url: string, hash?: string, options?: BrowserContextOptions): Promise<Look>;
}

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const DESKTOP = { width: 1280, height: 900 };
export const VIEWS = ['now', 'sessions', 'clients', 'tools', 'calls', 'errors', 'connect', 'health'] as const;
/** How a view begins that has nothing to show. */
export const NOTHING = /^(Waiting for the first request|Nothing happened|No (session|client|tool|call) )/;
export const PHONE = { width: 390, height: 844 };
/** A machine that does other things too. */
const PATIENCE = 45_000;

/** What a page cannot tell otherwise: violations that nobody logs. */
const TELL_VIOLATIONS = `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
  console.error('policy violated: ' + violatedDirective + ' ' + blockedURI + ' ' + sample));`;

export async function openBrowser(): Promise<OpenBrowser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error(CURE);
  const browser = await chromium.launch({ executablePath, args: ARGS });
  return {
    look: (url, hash = 'now', options = {}) => look(browser, url, hash, options),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

async function look(browser: Browser, url: string, hash: string, options: BrowserContextOptions): Promise<Look> {
  const context = await browser.newContext({ viewport: DESKTOP, ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on('page', (other) => troubles.push(`another page opened: ${other.url()}`));
  const { origin } = new URL(url);
  context.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) troubles.push(`request: ${request.url()}`);
  });
  await page.addInitScript(TELL_VIOLATIONS);
  await page.goto(new URL(`#${hash}`, url).href);
  await untilShown(page, hash);
  return {
    page,
    troubles: () => troubles,
    async show(view) {
      await page.evaluate(`location.hash = ${JSON.stringify(`#${view}`)}`);
      await untilShown(page, view);
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** Resolves when a view has drawn what it was told. */
async function untilShown(page: Page, hash: string): Promise<void> {
  const [view = ''] = hash.split('?');
  await page.locator(`nav a[aria-current="page"][href^="#${view}"]`).waitFor();
  await page.getByRole('main').getByText('Loading …').first().waitFor({ state: 'detached' });
}
