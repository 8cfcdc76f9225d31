// `node scripts/build-scan.ts` compiles src/json/block-scan.wat and writes the bytes into block-scan-code.ts beside it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import wabt from 'wabt';

const LINE_CHARACTERS = 116;

const folder = join(import.meta.dirname, '../src/json');

/** The text of block-scan-code.ts, made from its source. */
export async function embeddedScan(): Promise<string> {
  const { parseWat } = await wabt();
  const source = parseWat('block-scan.wat', readFileSync(join(folder, 'block-scan.wat'), 'utf8'), { simd: true });
  const code = Buffer.from(source.toBinary({}).buffer).toString('base64');
  const lines = Array.from({ length: Math.ceil(code.length / LINE_CHARACTERS) }, (_, i) =>
    code.slice(i * LINE_CHARACTERS, (i + 1) * LINE_CHARACTERS),
  );
  return [
    '/** block-scan.wat, assembled by `node scripts/build-scan.ts`. */',
    'export const BLOCK_SCAN = `',
    ...lines.map((line) => `  ${line}`),
    '`;',
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(join(folder, 'block-scan-code.ts'), await embeddedScan());
