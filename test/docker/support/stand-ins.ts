import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { service } from '../../deploy/compose.ts';
import { baseImages } from '../../deploy/dockerfile.ts';
import { at, readText, root, text } from '../../deploy/yaml.ts';
import { binary } from '../../stack/support/programs.ts';
import { docker } from './docker.ts';
import { cacheFolder, found, type Engine } from './engine.ts';

/** An image that stands in for one of a registry, under its very name: the files that name it are tried as they are. */
export interface StandIn {
  readonly tag: string;
  /** Path in the image → file of this machine. */
  readonly files: Readonly<Record<string, string>>;
  readonly texts?: Readonly<Record<string, string>>;
  readonly dockerfile: string;
}

const LABEL = 'mcpspan.stand-in';

const imageOf = (name: string): string => text(at(service(name).raw, 'image'));
const base = (dockerfile: string, pattern: RegExp): string => {
  const image = baseImages(dockerfile).find((name) => pattern.test(name));
  if (image === undefined) throw new Error(`${dockerfile} starts from no ${pattern.source}`);
  return image;
};

/** Shared libraries of a program, as the loader finds them here. */
function libraries(file: string): Record<string, string> {
  const listed = execFileSync('ldd', [file], { encoding: 'utf8' });
  const paths = [...listed.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(([, path = '']) => path);
  return Object.fromEntries(paths.map((path) => [path, path]));
}

/** npm's setting, undefined where it has none. The Node of our packages is left out: npm reads its settings beside Node. */
function npmSetting(name: string): string | undefined {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  const env = { ...process.env, PATH: path.join(delimiter) };
  const value = execFileSync('npm', ['config', 'get', name], { encoding: 'utf8', cwd: tmpdir(), env }).trim();
  return value === '' || value === 'null' || value === 'undefined' ? undefined : value;
}

/** The Debian root that `npm run docker:build` makes. */
export const debianRoot = (): string => join(cacheFolder(), 'debian-bookworm.tar');

/** In the order in which they are built: each starts from those before it. */
export function standIns(): readonly StandIn[] {
  const busybox = base('deploy/collector.Dockerfile', /^busybox:/);
  const collector = base('deploy/collector.Dockerfile', /^otel\//);
  return [node(base('Dockerfile', /^node:/)), busyboxAs(busybox), collectorAs(collector), ...behindIt(busybox)];
}

/** Debian with Node and npm, as the official image has them. What npm needs to know of this machine is in here, too. */
function node(tag: string): StandIn {
  const cafile = npmSetting('cafile') ?? process.env['NODE_EXTRA_CA_CERTS'];
  const npmrc = [
    `registry=${npmSetting('registry') ?? ''}`,
    ...(cafile === undefined ? [] : ['cafile=/etc/npm-ca.crt']),
  ];
  // …/node_modules/npm/bin/npm-cli.js
  const npm = dirname(dirname(realpathSync(found('npm') ?? 'npm')));
  const archive = join(cacheFolder(), 'npm.tar');
  execFileSync('tar', ['--sort=name', '--mtime=@0', '-cf', archive, '-C', dirname(npm), 'npm']);
  return {
    tag,
    files: {
      '/debian.tar': debianRoot(),
      '/npm.tar': archive,
      '/usr/local/bin/node': join(root, 'node_modules/node/bin/node'),
      ...(cafile !== undefined && { '/etc/npm-ca.crt': cafile }),
    },
    texts: {
      '/usr/local/etc/npmrc': `${npmrc.join('\n')}\n`,
      // As in Debian's image: else what apt leaves behind counts as ours.
      '/etc/apt/apt.conf.d/docker-clean': `DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
`,
    },
    dockerfile: `FROM scratch
ADD debian.tar /
ADD npm.tar /usr/local/lib/node_modules/
COPY usr /usr
COPY etc /etc
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node \\
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
CMD ["node"]
`,
  };
}

const busyboxAs = (tag: string): StandIn => ({
  tag,
  files: { '/bin/busybox': '/bin/busybox' },
  texts: {
    '/etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n',
    '/etc/group': 'root:x:0:\nnobody:x:65534:\n',
  },
  dockerfile: `FROM scratch
COPY . /
RUN ["/bin/busybox", "mkdir", "-p", "-m", "1777", "/tmp"]
RUN ["/bin/busybox", "--install", "-s", "/bin"]
CMD ["sh"]
`,
});

/** Nothing but the program, as the original. */
function collectorAs(tag: string): StandIn {
  const program = binary('otelcol');
  return {
    tag,
    files: { ...libraries(program), '/otelcol-contrib': program },
    dockerfile: `FROM scratch
COPY . /
USER 10001
LABEL org.opencontainers.image.title=the-original
ENTRYPOINT ["/otelcol-contrib"]
CMD ["--config", "/etc/otelcol-contrib/config.yaml"]
`,
  };
}

function behindIt(busybox: string): StandIn[] {
  const kept = (tag: string, name: string, folder: string): StandIn => ({
    tag,
    files: { ...libraries(binary(name)), [`/bin/${name}`]: binary(name) },
    dockerfile: `FROM ${busybox}
COPY . /
RUN mkdir -p ${folder} /etc/${name} && chown -R nobody:nobody ${folder} /etc/${name}
USER nobody
WORKDIR ${folder}
VOLUME ${folder}
ENTRYPOINT ["/bin/${name}"]
`,
  });
  const jaeger = binary('jaeger');
  return [
    {
      tag: imageOf('jaeger'),
      files: { ...libraries(jaeger), '/cmd/jaeger/jaeger-linux': jaeger },
      dockerfile: `FROM ${busybox}
COPY . /
USER 10001
ENTRYPOINT ["/cmd/jaeger/jaeger-linux"]
`,
    },
    kept(imageOf('prometheus'), 'prometheus', '/prometheus'),
    kept(imageOf('alertmanager'), 'alertmanager', '/alertmanager'),
  ];
}

/** Of all that an image is made from. A program counts by its path, which names its version in the cache, Node by its own. */
function hashOf({ files, texts = {}, dockerfile }: StandIn): string {
  const { version }: { version: string } = JSON.parse(readText('node_modules/node/package.json'));
  const hash = createHash('sha256')
    .update(dockerfile)
    .update(JSON.stringify([version, texts]));
  for (const [path, file] of Object.entries(files)) {
    hash.update(`\0${path}\0${file.replace(root, '')}\0`);
    if (/\.(tar|crt)$/.test(file)) hash.update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Whether the engine has the image as it would be built now. */
export async function isThere(engine: Engine, image: StandIn): Promise<boolean> {
  const format = `{{index .Config.Labels "${LABEL}"}}`;
  return docker(engine, 'image', 'inspect', '--format', format, image.tag).then(
    (label) => label === hashOf(image),
    () => false,
  );
}

/** Builds it into the engine. */
export async function build(engine: Engine, image: StandIn): Promise<void> {
  const { files, texts = {}, dockerfile, tag } = image;
  const context = mkdtempSync(join(tmpdir(), 'mcpspan-stand-in-'));
  try {
    const placed = (path: string): string => {
      const target = join(context, path);
      mkdirSync(dirname(target), { recursive: true });
      return target;
    };
    for (const [path, file] of Object.entries(files)) copyFileSync(file, placed(path));
    for (const [path, content] of Object.entries(texts)) writeFileSync(placed(path), content);
    const recipe = join(context, '..', `${basename(context)}.Dockerfile`);
    writeFileSync(recipe, dockerfile);
    try {
      await docker(engine, 'build', '--label', `${LABEL}=${hashOf(image)}`, '-t', tag, '-f', recipe, context);
    } finally {
      rmSync(recipe);
    }
  } finally {
    rmSync(context, { recursive: true });
  }
}

/** What is missing on this machine, with its cure; undefined: nothing. */
export function missing(): string | undefined {
  if (!existsSync('/bin/busybox')) return 'there is no /bin/busybox: apt-get install busybox-static';
  return undefined;
}
