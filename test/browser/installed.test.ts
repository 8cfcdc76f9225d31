import { expect, it } from 'vitest';
import { chromiumPath, CURE, isRequired } from './installed.ts';

it.skipIf(chromiumPath() === undefined && !isRequired())(
  chromiumPath() === undefined ? CURE : 'there is a Chromium to look at the page with',
  () => {
    expect(chromiumPath(), CURE).toBeDefined();
  },
);
