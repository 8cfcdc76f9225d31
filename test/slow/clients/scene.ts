import { startCli } from '../../e2e/cli.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../../support/otlp-receiver.ts';
import { startWitness, type Exchange } from './witness.ts';

/** A client's way to a server: a witness, the proxy as a process of its own, a witness, the server. */
export interface Scene extends AsyncDisposable {
  /** Where the client connects. */
  readonly url: string;
  readonly receiver: OtlpReceiver;
  /** What the client sent, and got. */
  readonly client: readonly Exchange[];
  /** What the server got, and sent. */
  readonly server: readonly Exchange[];
  /** Ends the proxy, so that all it has to tell is told. @throws when its exit code is not 0 */
  stop(): Promise<void>;
}

/** @param args further options of the proxy */
export async function startScene(upstream: string, args: readonly string[] = []): Promise<Scene> {
  const receiver = await startOtlpReceiver();
  const back = await startWitness(upstream);
  const cli = await startCli(back.url, ['--name', 'scene', ...args], { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  const front = await startWitness(new URL(new URL(upstream).pathname, cli.url).href);
  return {
    url: front.url,
    receiver,
    client: front.exchanges,
    server: back.exchanges,
    async stop() {
      const ending = await cli.stop();
      if (ending !== 0) throw new Error(`the proxy ended with ${ending}:\n${cli.stderr()}`);
    },
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]();
      await cli[Symbol.asyncDispose]();
      await back[Symbol.asyncDispose]();
      await receiver.close();
    },
  };
}
