/**
 * The module of a thread that stands beside the module that starts it: `.ts` from source, `.js` when built. The
 * build puts all threads into the folder of the code that starts them.
 * @param besides `import.meta.url` of the module that starts it
 */
export const siblingThread = (name: string, besides: string): URL =>
  new URL(`./${name}.${besides.endsWith('.ts') ? 'ts' : 'js'}`, besides);
