import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, chown, copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { shipped } from '../../stack/support/shipped.ts';

const run = promisify(execFile);
const NODE_PLACE = '/usr/local/bin/node';
const USER = 1000;

interface ImageSettings {
  readonly env?: readonly string[];
  readonly entrypoint: readonly string[];
  readonly user?: string;
}

/** Files of a program in an image, with the libraries that it is linked with. */
async function addProgram(root: string, file: string, place: string): Promise<void> {
  await mkdir(dirname(join(root, place)), { recursive: true });
  await copyFile(file, join(root, place));
  const { stdout } = await run('ldd', [file]).catch(() => ({ stdout: '' }));
  for (const [, library = ''] of stdout.matchAll(/(\/\S+) \(0x/g)) {
    await mkdir(dirname(join(root, library)), { recursive: true });
    await copyFile(library, join(root, library));
  }
}

/** An image of one layer, as an archive in the format of OCI, which `ctr images import` reads. */
async function archive(folder: string, root: string, name: string, settings: ImageSettings): Promise<string> {
  const layout = `${root}.oci`;
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  const add = async (content: Buffer | string): Promise<{ digest: string; size: number }> => {
    const bytes = Buffer.from(content);
    const hash = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(layout, 'blobs/sha256', hash), bytes);
    return { digest: `sha256:${hash}`, size: bytes.length };
  };
  const layerFile = `${root}.tar`;
  await run('tar', ['--numeric-owner', '-C', root, '-cf', layerFile, '.']);
  const layer = await add(await readFile(layerFile));
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const config = await add(
    JSON.stringify({
      architecture,
      os: 'linux',
      config: { Env: settings.env ?? [], Entrypoint: settings.entrypoint, User: settings.user ?? '' },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  );
  const media = 'application/vnd.oci.image';
  const manifest = await add(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: `${media}.manifest.v1+json`,
      config: { mediaType: `${media}.config.v1+json`, ...config },
      layers: [{ mediaType: `${media}.layer.v1.tar`, ...layer }],
    }),
  );
  const index = {
    schemaVersion: 2,
    manifests: [
      {
        mediaType: `${media}.manifest.v1+json`,
        ...manifest,
        annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
      },
    ],
  };
  await writeFile(join(layout, 'index.json'), JSON.stringify(index));
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const target = join(folder, `${name.replaceAll(/\W/g, '-')}.tar`);
  await run('tar', ['-C', layout, '-cf', target, '.']);
  await Promise.all([root, layout, layerFile].map((path) => rm(path, { recursive: true, force: true })));
  return target;
}

/** The image of the first process of a pod. */
export async function pauseImage(folder: string, name: string, pause: string): Promise<string> {
  const root = join(folder, 'pause');
  await addProgram(root, pause, '/pause');
  return archive(folder, root, name, { entrypoint: ['/pause'], user: '65535:65535' });
}

/**
 * An image like that of the Dockerfile, which nothing can be pulled for here: Node, what `npm run build` makes, the same variables and
 * user; besides, the servers of the tests.
 */
export async function mcpspanImage(
  folder: string,
  name: string,
  env: Readonly<Record<string, string>>,
  servers: readonly string[],
): Promise<string> {
  const root = join(folder, 'image');
  await addProgram(root, process.execPath, NODE_PLACE);
  await run(process.execPath, [shipped('scripts/build.ts'), join(root, 'app/dist')]);
  await copyFile(shipped('package.json'), join(root, 'app/package.json'));
  for (const server of servers) await cp(server, join(root, 'app/servers', server.split('/').at(-1) ?? ''));
  const state = join(root, 'var/lib/mcpspan');
  await mkdir(state, { recursive: true });
  await chown(state, USER, USER);
  await chmod(state, 0o700);
  await mkdir(join(root, 'tmp'));
  await chmod(join(root, 'tmp'), 0o1777);
  return archive(folder, root, name, {
    env: Object.entries({ PATH: '/usr/local/bin', ...env }).map(([key, value]) => `${key}=${value}`),
    entrypoint: [NODE_PLACE, '/app/dist/mcpspan.cjs'],
    user: `${USER}:${USER}`,
  });
}
