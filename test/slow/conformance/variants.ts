import { expect } from 'vitest';
import { startCli } from '../../e2e/cli.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../../support/otlp-receiver.ts';
import { startTestProxy } from '../../support/proxy.ts';
import type { Traffic } from './traffic.ts';

/** mcpspan in front of a server. */
interface Running extends AsyncDisposable {
  readonly url: string;
  /** Ends it; rejects when nothing shows that it did what this variant is about. */
  finish(): Promise<void>;
}

interface Variant {
  readonly title: string;
  /** The flags, or what happens, as the documentation tells it. */
  readonly shown: string;
  start(upstream: string, traffic: Traffic): Promise<Running>;
}

/** A process that exports to a receiver of ours. `proof` sees what was received, all of it. */
const exporting =
  (flags: readonly string[], proof: (receiver: OtlpReceiver, traffic: Traffic) => void): Variant['start'] =>
  async (upstream, traffic) => {
    const receiver = await startOtlpReceiver();
    const cli = await startCli(upstream, flags, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    return {
      url: cli.url,
      finish: async () => {
        expect(await cli.stop()).toBe(0);
        proof(receiver, traffic);
      },
      [Symbol.asyncDispose]: async () => {
        await cli[Symbol.asyncDispose]();
        await receiver.close();
      },
    };
  };

const operations = ({ spans }: OtlpReceiver, kind: 'server' | 'client'): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const span of spans) {
    const method = span.attributes['mcp.method.name'];
    if (span.kind === kind && typeof method === 'string') counts[method] = (counts[method] ?? 0) + 1;
  }
  return counts;
};

export const VARIANTS: readonly Variant[] = [
  {
    title: 'as it comes',
    shown: 'no flags, OTLP',
    start: exporting([], (receiver, { requests }) => {
      expect(operations(receiver, 'server')).toMatchObject(requests);
    }),
  },
  {
    title: 'with trace context in headers',
    shown: '`--propagate headers`',
    start: exporting(['--propagate', 'headers'], (_, { withHeader }) => expect(withHeader).toBeGreaterThan(100)),
  },
  {
    title: 'with trace context in bodies',
    shown: '`--propagate meta`',
    start: exporting(['--propagate', 'meta'], (_, { withMeta }) => expect(withMeta).toBeGreaterThan(100)),
  },
  {
    title: 'recording payload',
    shown: '`--capture errors,arguments,results,uris`',
    start: exporting(['--capture', 'errors,arguments,results,uris'], ({ spans }) => {
      expect(spans.some(({ attributes }) => 'gen_ai.tool.call.arguments' in attributes)).toBe(true);
    }),
  },
  {
    title: "with spans of the upstream's part too",
    shown: '`--spans server+client`',
    start: exporting(['--spans', 'server+client'], (receiver) => {
      expect(operations(receiver, 'client')['tools/call']).toBeGreaterThan(100);
    }),
  },
  {
    title: 'with its collector down',
    shown: 'the collector refuses connections',
    async start(upstream) {
      const gone = await startOtlpReceiver();
      await gone.close();
      const cli = await startCli(upstream, [], { OTEL_EXPORTER_OTLP_ENDPOINT: gone.url });
      return {
        ...cli,
        finish: async () => {
          await cli.stop();
          expect(cli.stderr()).toMatch(/spans cannot be exported to .*; traffic goes on/);
        },
      };
    },
  },
  {
    title: 'while its observer is killed again and again',
    shown: 'the observer thread dies with every 50th request',
    async start(upstream, traffic) {
      const observerEntry = new URL('../../e2e/observers/dies-when-told.ts', import.meta.url);
      const proxy = await startTestProxy(upstream, ['--page', '127.0.0.1:0'], { observerEntry });
      const channel = new BroadcastChannel('mcpspan-test-kill-observer');
      traffic.every(50, () => channel.postMessage('die'));
      return {
        url: proxy.url,
        finish: async () => {
          channel.close();
          await proxy.stop();
          expect(proxy.said.join('\n')).toContain('the observer failed');
        },
        [Symbol.asyncDispose]: proxy.stop,
      };
    },
  },
];
