// `npm run chart:build` writes values.yaml of the chart and the table in its README from values.schema.json, and puts the
// names of mcpspan's options into that.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { valuesFile, withValuesTable } from './chart-values.ts';
import { schemaFile, schemaOf } from './chart-schema.ts';

const chart = join(import.meta.dirname, '../deploy/chart');
const read = (name: string): string => readFileSync(join(chart, name), 'utf8');
const schemaText = schemaFile(read('values.schema.json'));
writeFileSync(join(chart, 'values.schema.json'), schemaText);
const schema = schemaOf(schemaText);
writeFileSync(join(chart, 'values.yaml'), valuesFile(schema));
writeFileSync(join(chart, 'README.md'), withValuesTable(read('README.md'), schema));
