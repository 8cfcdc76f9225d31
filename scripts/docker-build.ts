// `node scripts/docker-build.ts` prepares what `npm run test:docker` needs: Docker Compose, and, in an engine that the
// tests start themselves, images that stand in for those of a registry. What is there is skipped.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, openEngine } from '../test/docker/support/engine.ts';
import { build, debianRoot, isThere, missing, standIns } from '../test/docker/support/stand-ins.ts';

const started = performance.now();
const tell = (line: string): void => console.error(`docker: ${line}`);
const seconds = (since: number): string => `${Math.round((performance.now() - since) / 1_000)} s`;

/** The programs of the images, and Compose. */
function buildPrograms(): void {
  const programs = ['docker-compose', 'prometheus', 'alertmanager', 'otelcol', 'jaeger'];
  const script = join(import.meta.dirname, 'stack-build.ts');
  execFileSync(process.execPath, [script, ...programs], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function makeDebianRoot(): void {
  const target = debianRoot();
  if (existsSync(target)) return;
  mkdirSync(cacheFolder(), { recursive: true });
  const since = performance.now();
  tell('making a Debian root …');
  const partial = `${target}.${process.pid}.tar`;
  try {
    execFileSync('mmdebstrap', ['--quiet', '--variant=minbase', 'bookworm', partial], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    renameSync(partial, target);
  } catch (error) {
    throw new Error('mmdebstrap fails; its message is above (apt-get install mmdebstrap)', { cause: error });
  } finally {
    rmSync(partial, { force: true });
  }
  tell(`made a Debian root in ${seconds(since)}`);
}

try {
  const opened = await openEngine();
  if (typeof opened === 'string') tell(`${opened}: there is nothing to prepare`);
  else {
    try {
      buildPrograms();
      if (opened.engine.isOurs) {
        const trouble = missing();
        if (trouble !== undefined) throw new Error(trouble);
        makeDebianRoot();
        for (const image of standIns()) {
          if (await isThere(opened.engine, image)) continue;
          const since = performance.now();
          await build(opened.engine, image);
          tell(`built ${image.tag} in ${seconds(since)}`);
        }
      }
    } finally {
      await opened.close();
    }
    tell(`all is there (${seconds(started)})`);
  }
} catch (error) {
  tell(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
