import { afterEach } from 'vitest';
import { everStarted } from './process.ts';

const LINES = 30;

afterEach(({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const { name, log } of everStarted) {
    console.log(`--- ${name}\n${log().trimEnd().split('\n').slice(-LINES).join('\n')}`);
  }
});
