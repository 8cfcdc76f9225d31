import { parseConfig } from '../../src/settings/config.ts';
import { startProxy } from '../../src/run/proxy.ts';

export interface TestProxy extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** The lines meant for people. */
  readonly said: readonly string[];
  stop(): Promise<void>;
}

/**
 * The product in this process, on a free loopback port, as the command line would start it.
 * `env` holds nothing unless given, so nothing is exported; `observerEntry` replaces the observer thread's script.
 */
export async function startTestProxy(
  upstreamUrl: string,
  extraArgs: readonly string[] = [],
  { env = {}, observerEntry }: { env?: Record<string, string>; observerEntry?: URL } = {},
): Promise<TestProxy> {
  const defaults = [
    '--upstream',
    upstreamUrl,
    '--listen',
    '127.0.0.1:0',
    '--page',
    'off',
    '--store',
    'off',
    '--drain-seconds',
    '0',
  ];
  const parsed = parseConfig([...defaults, ...extraArgs], env);
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  if (parsed.command !== 'proxy') throw new Error(`these arguments run ${parsed.command}, not the proxy`);
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const proxy = await startProxy(parsed.config, observerEntry === undefined ? { say } : { say, observerEntry });
  return { ...proxy, said, [Symbol.asyncDispose]: proxy.stop };
}
