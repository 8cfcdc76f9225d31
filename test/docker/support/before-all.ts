import type { TestProject } from 'vitest/node';
import { docker } from './docker.ts';
import { openEngine, type Engine } from './engine.ts';
import { COLLECTOR_IMAGE, IMAGE, REVISION } from './images.ts';
import { isThere, standIns } from './stand-ins.ts';

/** What builds leave in our own engine for the next run; without a bound it grew to 6 GB in a day. */
const KEPT_CACHE = '1500MB';

declare module 'vitest' {
  interface ProvidedContext {
    /** Undefined: there can be none, and the tests are skipped. */
    engine: Engine | undefined;
  }
}

/** Finds or starts the engine, and builds both images as docs/docker.md says. Says in one line why there is no engine. */
export default async function beforeAll(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const opened = await openEngine();
  if (typeof opened === 'string') {
    console.log(`The tests with Docker are left out: ${opened}.`);
    project.provide('engine', undefined);
    return undefined;
  }
  const { engine, close } = opened;
  try {
    if (engine.isOurs) {
      for (const image of standIns())
        if (!(await isThere(engine, image))) throw new Error(`${image.tag} is not built: run npm run docker:build`);
      // What an interrupted run left behind. Nothing in this engine is anybody else's.
      const left = (await docker(engine, 'ps', '-aq')).split('\n').filter((id) => id !== '');
      if (left.length > 0) await docker(engine, 'rm', '-fv', ...left);
      await docker(engine, 'volume', 'prune', '-f');
      await docker(engine, 'network', 'prune', '-f');
    }
    const since = performance.now();
    await docker(engine, 'build', '-t', IMAGE, '--build-arg', `REVISION=${REVISION}`, '.');
    await docker(engine, 'build', '-t', COLLECTOR_IMAGE, '-f', 'deploy/collector.Dockerfile', 'deploy');
    console.log(`Both images are built (${Math.round((performance.now() - since) / 1_000)} s).`);
  } catch (error) {
    await close();
    throw error;
  }
  project.provide('engine', engine);
  return async () => {
    if (engine.isOurs) {
      await docker(engine, 'image', 'prune', '-f');
      await docker(engine, 'builder', 'prune', '-f', '--keep-storage', KEPT_CACHE);
    }
    await close();
  };
}
