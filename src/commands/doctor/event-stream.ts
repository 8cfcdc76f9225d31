import { setTimeout as sleep } from 'node:timers/promises';
import type { Manner } from '../../simulator/profile.ts';
import type { Connections } from '../target/connections.ts';
import { ok, problem, warning, type Check } from './check.ts';

const PATIENCE_MS = 2_000;

/** A server whose GET gives an event stream: the transport of 2024-11-05 begins with one. */
export interface FoundStream {
  /** Where its client is to send requests, as the server writes it; undefined: it did not say. */
  readonly endpoint: string | undefined;
}

/** Opens the event stream and waits for its first words; undefined: there is no stream. */
export async function findStream(connections: Connections, manner: Manner): Promise<FoundStream | undefined> {
  const raw = connections.rawRequests(manner, undefined);
  const stream = raw.stream();
  const patience = sleep(PATIENCE_MS, undefined, { ref: false });
  const opened = await Promise.race([stream.opened, patience]);
  const streams = opened?.status === 200 && opened.contentType?.startsWith('text/event-stream') === true;
  const endpoint = streams ? await Promise.race([stream.endpoint, patience]) : undefined;
  await stream.close();
  await raw.end();
  return streams ? { endpoint } : undefined;
}

/** Whether a client of the stream sends its requests through mcpspan. @param proxied opens the stream through it */
export async function checkEndpoint(proxied: Connections, manner: Manner): Promise<Check> {
  const what = 'through mcpspan';
  const stream = await findStream(proxied, manner);
  if (stream === undefined)
    return problem(
      what,
      'no event stream, though there is one directly',
      'the upstream may check the Host: try --upstream-host upstream, or let the upstream accept the address of mcpspan',
    );
  const url = stream.endpoint === undefined ? null : URL.parse(stream.endpoint, proxied.url);
  if (url === null || url.host === new URL(proxied.url).host) return ok(what, 'the same event stream');
  return warning(
    what,
    `the server tells its client to send its requests to ${url.host}, past mcpspan`,
    'have the server give out a path, or the address under which clients reach mcpspan',
  );
}
