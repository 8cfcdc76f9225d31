import { ExchangeReader } from '../../src/observe/exchanges.ts';
import type { Observation } from '../../src/observe/observation.ts';
import { createPipeline } from '../../src/observer/pipeline.ts';
import { DEFAULTS } from '../../src/settings/command-settings.ts';
import type { WireEvent } from '../../src/transport/wire/wire-event.ts';
import { createTeller } from './tell.ts';
import { SERVER } from './scrub.ts';

const MAX_BYTES = 1_048_576;

/** Wire events through the whole observer, up to its sinks: what each meant, a line each. */
export function replay(events: readonly WireEvent[]): string[] {
  const lines: string[] = [];
  const tell = createTeller(events[0]?.at ?? 0);
  const pipeline = createPipeline({
    settings: { ...DEFAULTS, capture: ['arguments', 'results'] },
    server: SERVER,
    instance: 'replay',
    listensOnLoopback: true,
    onFolded: () => lines.push('a label was folded'),
    onWithheld: () => lines.push('a trace was withheld'),
  });
  pipeline.add((event) => lines.push(tell(event)));
  const { tracker } = pipeline;
  const reader = pipeline.reader();
  for (const event of events) reader.take(event);
  const before = lines.length;
  tracker.shutdown(events.at(-1)?.at ?? 0);
  // In which order sessions end then means nothing.
  return [...lines.slice(0, before), ...lines.slice(before).toSorted((a, b) => a.localeCompare(b, 'en'))];
}

/** Wire events as far as messages: what was observed, as it stood when it was. */
export function observe(events: readonly WireEvent[]): string[] {
  const observed: string[] = [];
  const reader = new ExchangeReader((observation) => observed.push(snapshot(observation)), MAX_BYTES);
  for (const event of events) reader.take(event);
  return observed;
}

function snapshot(observation: Observation): string {
  const text = observation.kind === 'message' ? Buffer.from(observation.text).toString('latin1') : undefined;
  return JSON.stringify({ ...observation, text });
}
