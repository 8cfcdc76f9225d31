import type { WireEvent } from '../../src/transport/wire/wire-event.ts';

/** One wire event as a line of JSON: bytes as text where they are UTF-8, else as base64. */
export function toLine(event: WireEvent): string {
  if (event.kind !== 'bytes') return JSON.stringify(event);
  const { bytes, ...rest } = event;
  const text = Buffer.from(bytes).toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(bytes);
  return JSON.stringify({ ...rest, ...(isText ? { text } : { base64: Buffer.from(bytes).toString('base64') }) });
}

/** The inverse. */
export function fromLine(line: string): WireEvent {
  // `toLine` wrote it: a wire event, except for its bytes.
  const event = JSON.parse(line) as WireEvent & { text?: string; base64?: string };
  if (event.kind !== 'bytes') return withSpan(event);
  const { text, base64, ...rest } = event;
  return { ...rest, bytes: text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text, 'utf8') };
}

/** JSON leaves out what is undefined; the event has it. */
function withSpan(event: WireEvent): WireEvent {
  if (event.kind !== 'requested') return event;
  const { span } = event;
  return { ...event, span: span === undefined ? undefined : { ...span, session: span.session } };
}
