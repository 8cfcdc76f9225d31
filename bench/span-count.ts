const LENGTH_DELIMITED = 2;
const RESOURCE_SPANS = 1;
const SCOPE_SPANS = 2;
const SPANS = 2;

/** Counts the spans in an `ExportTraceServiceRequest` without reading them. @throws when it is cut short */
export function countSpans(bytes: Buffer): number {
  let spans = 0;
  eachField(bytes, 0, bytes.length, RESOURCE_SPANS, (from, to) => {
    eachField(bytes, from, to, SCOPE_SPANS, (scopeFrom, scopeTo) => {
      eachField(bytes, scopeFrom, scopeTo, SPANS, () => {
        spans++;
      });
    });
  });
  return spans;
}

/** All fields on these levels are length-delimited. */
function eachField(bytes: Buffer, from: number, to: number, field: number, visit: (from: number, to: number) => void) {
  let at = from;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < to) {
    const tag = varint();
    if ((tag & 7) !== LENGTH_DELIMITED) throw new Error(`field ${tag >>> 3} has wire type ${tag & 7}`);
    const length = varint();
    if (at + length > to) throw new Error('a field goes on beyond its message');
    if (tag >>> 3 === field) visit(at, at + length);
    at += length;
  }
}
