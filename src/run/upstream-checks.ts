import type { Supervisor } from '../observer/supervisor.ts';
import { UpstreamWatch } from '../observer/upstream-watch.ts';
import { sayAbout } from '../settings/server-config.ts';
import { Upstream, type UpstreamCertificates } from '../transport/http/upstream.ts';
import { TIMERS } from '../transport/timers.ts';
import { UPSTREAM_FAULTS } from '../transport/upstream-fault.ts';
import type { ServedServer } from './served-servers.ts';
import { startCheck, type StartCheckOptions } from './start-check.ts';

export interface UpstreamChecksOptions {
  supervisor: Supervisor | undefined;
  /** Prints a line for people. */
  say(line: string): void;
  certificatesOf(server: ServedServer): UpstreamCertificates;
  /** Of the process. */
  name: string;
}

/** Checks, for servers that are new, whether their upstreams can be reached. */
export class UpstreamChecks {
  readonly #options: UpstreamChecksOptions;
  readonly #giveUp = new Map<number, () => void>();

  constructor(options: UpstreamChecksOptions) {
    this.#options = options;
  }

  start(servers: readonly ServedServer[]): void {
    const { certificatesOf } = this.#options;
    for (const server of servers) {
      const { upstream, 'connect-timeout': timeout } = server.config;
      const giveUp = startCheck({
        upstream: new Upstream(upstream, false, timeout * 1_000, certificatesOf(server)),
        timers: TIMERS,
        ...this.#reportOn(server),
      });
      this.#giveUp.set(server.index, giveUp);
    }
  }

  /** Gives up. @param indexes of servers; absent: all */
  stop(indexes: Iterable<number> = [...this.#giveUp.keys()]): void {
    for (const index of indexes) {
      this.#giveUp.get(index)?.();
      this.#giveUp.delete(index);
    }
  }

  /** To the observer, which knows of the requests too; without one, to the terminal. */
  #reportOn({ index, config }: ServedServer): Pick<StartCheckOptions, 'onUnreached' | 'onReached'> {
    const { supervisor, say } = this.#options;
    if (supervisor !== undefined) {
      return {
        onUnreached: (fault) =>
          supervisor.tell({
            kind: 'upstream-unreached',
            server: index,
            fault: fault === undefined ? -1 : UPSTREAM_FAULTS.indexOf(fault),
          }),
        onReached: () => supervisor.tell({ kind: 'upstream-reached', server: index }),
      };
    }
    const watch = new UpstreamWatch(config.upstream.origin, sayAbout(config.name, this.#options.name, say));
    return {
      onUnreached: (fault) => watch.unreached(TIMERS.now(), fault),
      onReached: () => watch.reached(TIMERS.now()),
    };
  }
}
