import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { clientTables } from './slow/clients/table.ts';

it.each(Object.entries(clientTables()))(
  'docs/clients.md has the table of %s that the slow tests measured (else: node test/slow/clients/table.ts)',
  (name, measured) => {
    const docs = readFileSync(new URL('../docs/clients.md', import.meta.url), 'utf8');
    const [, table = ''] = new RegExp(`<!-- ${name} -->\\n([^]*)<!-- /${name} -->`).exec(docs) ?? [];
    expect(table.trim()).toBe(measured);
  },
);
