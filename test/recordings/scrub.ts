import { deriveRootIds } from '../../src/transport/trace/trace-id.ts';
import type { SpanChoice, WireEvent } from '../../src/transport/wire/wire-event.ts';

/** What the recorded server is called in every id that is derived. */
export const SERVER = 'recorded';

const EPOCH = Date.UTC(2026, 0, 1);
const DATE = new Date(EPOCH).toUTCString();
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** What must not be in a recording: addresses of the moment, and places on this machine. */
const LOCAL = /127\.0\.0\.1|localhost:\d|\/home\/|\/root\/|\/tmp\/|\/work\/|node_modules/;

/**
 * Takes out of a recording what belongs to the moment and the machine: ids, times, ports. No body changes its length,
 * so sizes that were recorded stay true. @throws when something local is left
 */
export function scrub(events: readonly WireEvent[]): WireEvent[] {
  /** Exchanges by the number they have on the ring, which is used again. */
  const open = new Map<number, number>();
  let exchanges = 0;
  const uuids = numbering();
  const spans = numbering();
  const sessions = new Map<number, string>();
  const from = events[0]?.at ?? 0;

  const text = (value: string): string =>
    value.replace(UUID, (id) => `00000000-0000-4000-8000-${String(uuids(id)).padStart(12, '0')}`);
  const headers = (list: readonly string[]): string[] =>
    list.map((value, index) => {
      const name = index % 2 === 1 ? list[index - 1]?.toLowerCase() : undefined;
      if (name === 'host') return 'mcp.example';
      if (name === 'date') return DATE;
      return text(value);
    });
  const time = (at: number): number => EPOCH + Math.round((at - from) * 1_000) / 1_000;
  const choice = (span: SpanChoice | undefined, exchange: number): SpanChoice | undefined => {
    if (span === undefined) return undefined;
    const sessionId = sessions.get(exchange);
    const spanId = spans(span.spanId).toString(16).padStart(16, '0');
    if (span.session === undefined || sessionId === undefined) return { ...span, spanId, session: undefined };
    // As the relay derives them from the id that is in the recording now.
    const root = deriveRootIds(SERVER, sessionId);
    return { ...span, spanId, session: { traceId: root.traceId, rootSpanId: root.spanId, segment: 0 } };
  };

  const scrubbed = events.map((event): WireEvent => {
    if (event.kind === 'opened') open.set(event.exchange, ++exchanges);
    const common = { exchange: open.get(event.exchange) ?? 0, at: time(event.at) };
    switch (event.kind) {
      case 'opened': {
        const { carrier } = event;
        if (carrier.kind === 'stdio') return { ...event, ...common, carrier: { ...carrier, program: text(carrier.program) } };
        const list = headers(carrier.headers);
        const at = list.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'mcp-session-id');
        const sessionId = at < 0 ? undefined : list[at + 1];
        if (sessionId !== undefined) sessions.set(common.exchange, sessionId);
        return { ...event, ...common, carrier: { ...carrier, target: text(carrier.target), headers: list } };
      }
      case 'bytes':
        // Latin-1 keeps every byte what it is.
        return { ...event, ...common, bytes: Buffer.from(text(Buffer.from(event.bytes).toString('latin1')), 'latin1') };
      case 'requested':
        return { ...event, ...common, sentAt: time(event.sentAt), span: choice(event.span, common.exchange) };
      case 'answered':
        return { ...event, ...common, headers: headers(event.headers) };
      case 'closed':
      case 'refused':
        return { ...event, ...common };
    }
  });
  for (const event of scrubbed) {
    const said = event.kind === 'bytes' ? Buffer.from(event.bytes).toString('latin1') : JSON.stringify(event);
    const [found] = LOCAL.exec(said) ?? [];
    if (found !== undefined) throw new Error(`'${found}' would be recorded: ${said.slice(0, 500)}`);
  }
  return scrubbed;
}

/** Numbers things from 1 in the order in which they are first met. */
function numbering(): (thing: string) => number {
  const numbers = new Map<string, number>();
  return (thing) => {
    const number = numbers.get(thing) ?? numbers.size + 1;
    numbers.set(thing, number);
    return number;
  };
}
