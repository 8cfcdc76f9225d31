import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaText } from './config-schema.ts';

writeFileSync(join(import.meta.dirname, 'config.schema.json'), schemaText());
