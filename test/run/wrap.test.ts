import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadedBeforeSpawn } from '../support/loaded-before-spawn.ts';

const source = join(import.meta.dirname, '../../src');

it('a wrapped command is started before anything is loaded that it does not need', () => {
  const { files } = loadedBeforeSpawn(join(source, 'cli.ts'), ['--name', 'one', '--', 'true'], source);
  const needed =
    /^(cli|settings\/.*|run\/wrap|transport\/((stdio|wire)\/.*|[^/]*|trace\/sampling|tls\/(tls-fault|pem-files|certificates)))\.ts$/;
  expect(files).toContain('run/wrap.ts');
  expect(files.filter((file) => !needed.test(file))).toEqual([]);
  expect(files.length).toBeLessThan(39);
});
