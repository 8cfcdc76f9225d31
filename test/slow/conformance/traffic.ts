import { z } from 'zod';
import type { Watch } from '../../support/full-server.ts';

/** What has arrived at the server. */
export interface Traffic {
  readonly watch: Watch;
  /** How many of each JSON-RPC request. */
  readonly requests: Record<string, number>;
  /** Requests that came with trace context in a header, and in their body. */
  withHeader: number;
  withMeta: number;
  /** `act` is called with every so manieth HTTP request. */
  every(count: number, act: () => void): void;
  reset(): void;
}

const Message = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string(),
  params: z
    .object({ _meta: z.object({ traceparent: z.string() }).optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

export function watchTraffic(): Traffic {
  let seen = 0;
  let onEvery = { count: 1, act: (): void => undefined };
  const traffic: Traffic = {
    requests: {},
    withHeader: 0,
    withMeta: 0,
    watch(headers, body) {
      if (++seen % onEvery.count === 0) onEvery.act();
      if (headers['traceparent'] !== undefined) traffic.withHeader++;
      for (const element of Array.isArray(body) ? body : [body]) {
        const { data: message } = Message.safeParse(element);
        if (message?.params?._meta !== undefined) traffic.withMeta++;
        if (message?.id !== undefined) traffic.requests[message.method] = (traffic.requests[message.method] ?? 0) + 1;
      }
    },
    every(count, act) {
      onEvery = { count, act };
    },
    reset() {
      seen = 0;
      onEvery = { count: 1, act: () => undefined };
      for (const method of Object.keys(traffic.requests)) delete traffic.requests[method];
      traffic.withHeader = 0;
      traffic.withMeta = 0;
    },
  };
  return traffic;
}
