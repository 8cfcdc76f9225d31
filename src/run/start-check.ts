import type { Timers } from '../transport/timers.ts';
import { upstreamFaultOf, type UpstreamFault } from '../transport/upstream-fault.ts';
import { codeOf } from '../transport/error-code.ts';
import { ConnectTimeout } from '../transport/http/refusal.ts';
import type { Upstream } from '../transport/http/upstream.ts';

export interface StartCheckOptions {
  upstream: Upstream;
  timers: Timers;
  /** Called after each try that failed. @property fault undefined: one that has no name */
  onUnreached(fault: UpstreamFault | undefined): void;
  /** Called once, after the first try that succeeded. */
  onReached(): void;
}

const AGAIN_AFTER_MS = 3_000;

/**
 * Opens a connection to the upstream, and closes it. If that fails, it tries again until it succeeds: so a wrong
 * `--upstream`, or a server that is not up, shows before the first request. Returns a function that gives up.
 */
export function startCheck({ upstream, timers, onUnreached, onReached }: StartCheckOptions): () => void {
  let giveUp: () => void;
  const attempt = (): void => {
    const socket = upstream.connect(() => {
      end();
      onReached();
    });
    const end = (): void => {
      cancelDeadline();
      socket.removeAllListeners('error').on('error', () => undefined);
      socket.destroy();
    };
    const fail = (error: Error): void => {
      end();
      onUnreached(upstreamFaultOf(codeOf(error), error.message));
      giveUp = timers.after(AGAIN_AFTER_MS, attempt);
    };
    const cancelDeadline = timers.after(upstream.connectTimeoutMs, () => fail(new ConnectTimeout()));
    socket.on('error', fail);
    giveUp = end;
  };
  attempt();
  return () => giveUp();
}
