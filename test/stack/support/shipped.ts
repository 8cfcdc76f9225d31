import { fileURLToPath } from 'node:url';

/** The path of a file that we ship, by its path in the repository. */
export const shipped = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
