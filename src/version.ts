import { readFileSync } from 'node:fs';

// The same place seen from src/ and from dist/.
const { version: text }: { version?: unknown } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

export const version = String(text);
