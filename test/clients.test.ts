import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { clientTable } from './slow/clients/table.ts';

it('docs/clients.md has the table of what the slow tests measured (else: node test/slow/clients/table.ts)', () => {
  const docs = readFileSync(new URL('../docs/clients.md', import.meta.url), 'utf8');
  const [, table = ''] = /<!-- clients -->\n([^]*)<!-- \/clients -->/.exec(docs) ?? [];
  expect(table.trim()).toBe(clientTable());
});
