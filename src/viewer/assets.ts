import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
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
/** What the page shares with the command line: how figures and operations are put in words. */
const SHARED = ['reading/figures', 'reading/operation-words', 'reading/session-words'];
const PAGE = 'viewer/page';
const LIBRARY = '/uplot.js';

/**
 * The files of the page by their paths: nothing else is served, and each is read once. They lie in the tree as they are
 * served, so that a module finds what it imports; types are taken out where it is still TypeScript.
 */
export function readAssets(): (path: string) => Asset | undefined {
  const source = join(import.meta.dirname, '..');
  const files = new Map<string, string>();
  for (const name of readdirSync(join(source, PAGE))) {
    if (/\.(ts|js|css|svg)$/.test(name)) files.set(`/${PAGE}/${withoutTypes(name)}`, join(source, PAGE, name));
  }
  for (const name of SHARED) {
    const typescript = join(source, `${name}.ts`);
    files.set(`/${name}.js`, existsSync(typescript) ? typescript : join(source, `${name}.js`));
  }
  files.set('/', join(source, PAGE, 'index.html'));
  const library = import.meta.resolve('uplot');
  files.set(LIBRARY, fileURLToPath(new URL('uPlot.esm.js', library)));
  files.set('/uplot.css', fileURLToPath(new URL('uPlot.min.css', library)));

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

/** A module imports another by the name that it has in the tree. */
const withoutTypes = (name: string): string => name.replace(/\.ts$/, '.js');

function assetOf(file: string): Asset {
  const text = readFileSync(file, 'utf8');
  const ending = extname(withoutTypes(file)).slice(1);
  const plain = file.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
  // The one package that the page uses has a place of its own here; a browser knows no packages.
  const body = Buffer.from(ending === 'js' ? plain.replace(/(from\s*)'uplot'/, `$1'${LIBRARY}'`) : plain);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { type: TYPES[ending] ?? 'application/octet-stream', body, etag };
}
