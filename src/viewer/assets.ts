import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A file of the page, as it is sent. */
export interface Asset {
  type: string;
  body: Buffer;
  etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};
/** Modules that the page shares with the rest of the program: figures, columns, names and faults. */
const SHARED = [
  'reading/client-columns',
  'reading/column',
  'reading/figures',
  'reading/journey-words',
  'reading/lanes/axis',
  'reading/lanes/colours',
  'reading/lanes/frame',
  'reading/lanes/labels',
  'reading/lanes/legend',
  'reading/lanes/mark-shapes',
  'reading/lanes/picture',
  'reading/lanes/picture-element',
  'reading/lanes/placing',
  'reading/lanes/words',
  'reading/lost-attempts',
  'reading/names',
  'reading/notice-words',
  'reading/operation-words',
  'reading/people-words',
  'reading/plain',
  'reading/refusal-words',
  'reading/session-words',
  'reading/tokens',
  'reading/tool-columns',
  'reading/tool-words',
  'reading/upstream-health',
  'reading/verdicts',
  'transport/tls/tls-fault',
  'transport/upstream-fault',
];
const PAGE = 'viewer/page';
const LIBRARY = '/uplot.js';

/**
 * Finds the files of the page by their paths. Nothing else is served, and each file is read once. A path is that of the
 * source tree, so that modules find their imports; TypeScript is served without its types. When built, all code is one
 * folder, with the page's files below it.
 */
export function readAssets(): (path: string) => Asset | undefined {
  const built = !import.meta.filename.endsWith('.ts');
  const source = built ? import.meta.dirname : join(import.meta.dirname, '..');
  const files = new Map<string, string>();
  for (const name of readdirSync(join(source, PAGE))) {
    if (/\.(ts|js|css|svg)$/.test(name)) files.set(`/${PAGE}/${withoutTypes(name)}`, join(source, PAGE, name));
  }
  for (const name of SHARED) {
    const typescript = join(source, `${name}.ts`);
    files.set(`/${name}.js`, existsSync(typescript) ? typescript : join(source, `${name}.js`));
  }
  files.set('/', join(source, PAGE, 'index.html'));
  const library = built ? join(source, 'uplot') : dirname(fileURLToPath(import.meta.resolve('uplot')));
  files.set(LIBRARY, join(library, 'uPlot.esm.js'));
  files.set('/uplot.css', join(library, 'uPlot.min.css'));

  const read = new Map<string, Asset>();
  return (path) => {
    const name = withoutTypes(path);
    const file = files.get(name);
    if (file === undefined) return undefined;
    const known = read.get(name) ?? assetOf(file);
    read.set(name, known);
    return known;
  };
}

/** In the source tree, modules import each other as `.ts`. */
const withoutTypes = (name: string): string => name.replace(/\.ts$/, '.js');

function assetOf(file: string): Asset {
  const text = readFileSync(file, 'utf8');
  const ending = extname(withoutTypes(file)).slice(1);
  const plain = file.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
  // A browser cannot resolve packages: the only one that the page imports has a path here.
  const body = Buffer.from(ending === 'js' ? plain.replace(/(from\s*)'uplot'/, `$1'${LIBRARY}'`) : plain);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { type: TYPES[ending] ?? 'application/octet-stream', body, etag };
}
