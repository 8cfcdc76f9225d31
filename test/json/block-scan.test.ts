import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { embeddedScan } from '../../scripts/build-scan.ts';

it('the code of the block scan is what its source is assembled to', async () => {
  const path = join(import.meta.dirname, '../../src/json/block-scan-code.ts');
  expect(readFileSync(path, 'utf8')).toBe(await embeddedScan());
});
