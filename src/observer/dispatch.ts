import type { Tap, WireEvent } from '../transport/wire/wire-event.ts';
import type { OpenServer } from './open-server.ts';

export interface DispatchOptions {
  /** @param index undefined: mcpspan refused a request before it knew whose it was */
  serverOf(index: number | undefined): OpenServer | undefined;
  /** A server failed at an event of its own. */
  onFault(server: OpenServer, error: unknown): void;
}

/** Hands the wire events of one relay to the servers that their exchanges are for. @param relay which one */
export function createDispatch(relay: number, { serverOf, onFault }: DispatchOptions): Tap {
  /** By exchange. An array, not a Map: see `Slots`. */
  const servers: (OpenServer | undefined)[] = [];
  const find = (event: WireEvent): OpenServer | undefined => {
    if (event.kind === 'refused') return serverOf(event.server);
    if (event.kind === 'opened') {
      servers[event.exchange]?.lose(event.exchange, relay);
      servers[event.exchange] = serverOf(event.server ?? 0);
    }
    return servers[event.exchange];
  };
  return (event) => {
    const server = find(event);
    if (server === undefined) return;
    try {
      server.take(event, relay);
    } catch (error) {
      onFault(server, error);
    }
    if (event.kind === 'closed') servers[event.exchange] = undefined;
  };
}
