import { existsSync } from 'node:fs';

const USUAL = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** How to come by a browser. */
export const CURE = 'there is no Chromium here: apt-get install chromium, or MCPSPAN_TEST_CHROMIUM=PATH';

/** Whether tests without a browser are to fail. */
export const isRequired = (): boolean => process.env['MCPSPAN_TEST_BROWSER'] === 'required';

/** Where Chromium is; undefined: there is none. */
export function chromiumPath(): string | undefined {
  const named = process.env['MCPSPAN_TEST_CHROMIUM'];
  return (named === undefined || named === '' ? USUAL : [named]).find((path) => existsSync(path));
}
