import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { step, toolchain, type Sdk } from './sdk.ts';

const file = (name: string): URL => new URL(`java-sdk/${name}`, import.meta.url);
const SOURCES = ['Program.java', 'Server.java', 'Client.java'];
const POM = readFileSync(file('pom.xml'), 'utf8');

/** The process lives for seconds: a fast start matters more than fast code. */
const SHORT = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:-UsePerfData'];
/** Before Java 18 the locale decides. */
const UTF_8 = '-Dfile.encoding=UTF-8';

export const JAVA_SDKS: readonly Sdk[] = [
  {
    id: 'java-sdk',
    title: 'Java SDK',
    version: /<mcp\.version>(.+)<\/mcp\.version>/.exec(POM)?.[1] ?? '',
    toolchain: toolchain(
      'JDK 17 or newer with Maven',
      ['java', '--version'],
      ['javac', '--version'],
      ['mvn', '--version'],
    ),
    transports: ['http', 'sse', 'stdio'],
    files: ['pom.xml', ...SOURCES].map(file),
    async build(folder) {
      await step(folder, {}, 'mvn', '--batch-mode', '--quiet', 'dependency:copy-dependencies', '-DoutputDirectory=lib');
      await step(folder, {}, 'javac', '--release', '17', '-cp', 'lib/*', '-d', 'classes', ...SOURCES);
    },
    command: (folder) => [
      'java',
      ...SHORT,
      UTF_8,
      '-cp',
      `${join(folder, 'classes')}:${join(folder, 'lib')}/*`,
      'Program',
    ],
  },
];
