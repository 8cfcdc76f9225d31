import { describe, expect, inject, it } from 'vitest';
import { docker, inspect } from './support/docker.ts';
import { COLLECTOR_IMAGE, IMAGE, NODE_IMAGE, REVISION } from './support/images.ts';

const found = inject('engine');

/** What mcpspan may add to its base: tini, the bundles, the page. It is 8 MB, and 30 where the base lacks what tini needs. */
const MOST_ADDED_BYTES = 40_000_000;

interface Image {
  readonly Size: number;
  readonly Config: { readonly Labels: Readonly<Record<string, string>>; readonly User: string };
}

describe.skipIf(found === undefined)('the images as they are built', () => {
  // Without an engine nothing here runs.
  const engine = found as NonNullable<typeof found>;

  it.each([
    [IMAGE, 'mcpspan', REVISION],
    [COLLECTOR_IMAGE, 'mcpspan-collector', ''],
  ])('%s says what it is, and nothing of what it was made from', async (image, title, revision) => {
    const { Config } = await inspect<Image>(engine, image);
    const version = image.split(':').at(-1);
    expect(Config.Labels).toMatchObject({
      'org.opencontainers.image.title': title,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.revision': revision,
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.source': 'https://github.com/mcpspan/mcpspan',
    });
    expect(Config.User).toMatch(/^[1-9]\d*(:\d+)?$/);
  });

  it('mcpspan adds little to Node', async () => {
    const [all, node] = await Promise.all([inspect<Image>(engine, IMAGE), inspect<Image>(engine, NODE_IMAGE)]);
    const added = all.Size - node.Size;
    console.log(`The image adds ${Math.round(added / 1_000_000)} MB to ${NODE_IMAGE}.`);
    expect(added).toBeLessThan(MOST_ADDED_BYTES);
    expect(added).toBeGreaterThan(0);
  });

  it('it runs the version and the commit that its labels name, and prints help, as any other program', async () => {
    const { Config } = await inspect<Image>(engine, IMAGE);
    const version = await docker(engine, 'run', '--rm', IMAGE, '--version');
    expect(version).toContain(Config.Labels['org.opencontainers.image.version']);
    expect(version).toContain(Config.Labels['org.opencontainers.image.revision']);
    await expect(docker(engine, 'run', '--rm', IMAGE)).rejects.toThrow('--upstream is missing');
  });
});
