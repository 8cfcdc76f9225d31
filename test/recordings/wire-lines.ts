import type { Carrier, WireEvent } from '../../src/transport/wire/wire-event.ts';

/** A request's head as recordings have it: flat; a wrapped process poses as a request without HTTP version. */
type Head = { method: string; target: string; httpVersion: string; headers: readonly string[] };

/** One wire event as a line of JSON: bytes as text where they are UTF-8, else as base64. */
export function toLine(event: WireEvent): string {
  if (event.kind === 'opened') {
    const { carrier, ...common } = event;
    return JSON.stringify({ ...common, ...headOf(carrier) });
  }
  if (event.kind !== 'bytes') return JSON.stringify(event);
  const { bytes, ...rest } = event;
  const text = Buffer.from(bytes).toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(bytes);
  return JSON.stringify({ ...rest, ...(isText ? { text } : { base64: Buffer.from(bytes).toString('base64') }) });
}

/** The inverse. */
export function fromLine(line: string): WireEvent {
  // `toLine` wrote it: a wire event, except for its bytes.
  const event = JSON.parse(line) as WireEvent & Head & { text?: string; base64?: string };
  if (event.kind === 'opened') {
    const { method, target, httpVersion, headers, ...common } = event;
    return { ...common, carrier: carrierOf({ method, target, httpVersion, headers }) };
  }
  if (event.kind !== 'bytes') return withSpan(event);
  const { text, base64, ...rest } = event;
  return { ...rest, bytes: text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text, 'utf8') };
}

function headOf(carrier: Carrier): Head {
  if (carrier.kind === 'stdio') return { method: 'PIPE', target: carrier.program, httpVersion: '', headers: [] };
  const { method, target, httpVersion, headers } = carrier;
  return { method, target, httpVersion, headers };
}

const carrierOf = (head: Head): Carrier =>
  head.httpVersion === '' ? { kind: 'stdio', program: head.target } : { kind: 'http', ...head };

/** JSON leaves out what is undefined; the event has it. */
function withSpan(event: WireEvent): WireEvent {
  if (event.kind !== 'requested') return event;
  const { span } = event;
  return { ...event, span: span === undefined ? undefined : { ...span, session: span.session } };
}
