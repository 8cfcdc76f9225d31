import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { callsFile, comparedIn, probeJson, QUIZ_CALLS } from '../../commands/probe/probe-run.ts';
import { startQuizServer } from '../../support/quiz-server.ts';
import { findRedis, INSTALL_TIMEOUT, startRedis } from './redis.ts';

const writing = { calls: callsFile(QUIZ_CALLS), 'allow-writes': true };

describe('a server with the landmine, and the same server with Redis', () => {
  let program: string | undefined;
  beforeAll(async () => {
    program = await findRedis();
  }, INSTALL_TIMEOUT);

  function needed({ skip }: TestContext): string {
    if (program === undefined) return skip('no redis-server here, and no way to install it (root and apt)');
    return program;
  }

  it('is found, and found to be mended', async (context) => {
    await using redis = await startRedis(needed(context));
    await using landmine = await startQuizServer();
    expect(await probeJson(landmine.url, writing)).toMatchObject({ code: 1, report: { verdict: 'depends' } });

    await using mended = await startQuizServer({ shelf: redis.shelf });
    const { code, report } = await probeJson(mended.url, writing);
    expect(comparedIn(report, 'session-per-call')).toEqual({
      create_question: 'same',
      submit_answer: 'same',
      get_latest_answer: 'same',
    });
    expect(code).toBe(0);
  });

  it('is mended for clients that send no session id, when it keeps its state by conversation', async (context) => {
    await using redis = await startRedis(needed(context));
    const keyOf = ({ meta }: { meta: Readonly<Record<string, unknown>> }): string => String(meta['openai/session']);
    await using mended = await startQuizServer({ shelf: redis.shelf, keyOf, stateless: true });
    const { code, report } = await probeJson(mended.url, { ...writing, as: 'chatgpt-2026' });
    expect(new Set(Object.values(comparedIn(report, 'no-session-id')))).toEqual(new Set(['same']));
    expect(code).toBe(0);
  });
});
