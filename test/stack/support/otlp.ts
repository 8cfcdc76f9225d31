const NANOSECONDS = 1_000_000n;

/** Exports one span of a program that is not ours: OTLP over HTTP as JSON. */
export async function exportSpan(
  { otlpUrl }: { readonly otlpUrl: string },
  span: {
    service: string;
    name: string;
    traceId: string;
    spanId: string;
    fromMs: number;
    toMs: number;
    attributes?: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const nano = (milliseconds: number): string => String(BigInt(milliseconds) * NANOSECONDS);
  const { service, name, traceId, spanId, fromMs, toMs, attributes = {} } = span;
  const textual = Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));
  const body = {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
        scopeSpans: [
          {
            scope: { name: service },
            spans: [
              {
                traceId,
                spanId,
                name,
                kind: 3,
                startTimeUnixNano: nano(fromMs),
                endTimeUnixNano: nano(toMs),
                attributes: textual,
              },
            ],
          },
        ],
      },
    ],
  };
  const answer = await fetch(`${otlpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status !== 200) throw new Error(`the span was refused: ${answer.status} ${await answer.text()}`);
}
