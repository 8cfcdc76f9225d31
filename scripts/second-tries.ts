import type { TestCase, Reporter } from 'vitest/node';

/** For `.ci/run`, where a test may fail once: names each test that passed, or failed, with its second try only. */
export default class SecondTries implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const tries = test.diagnostic()?.retryCount ?? 0;
    if (tries === 0) return;
    const [error] = test.result().errors ?? [];
    const why = error === undefined ? '' : ` (${error.message.split('\n')[0]})`;
    process.stdout.write(`second try: ${test.module.relativeModuleId} > ${test.fullName}${why}\n`);
  }
}
