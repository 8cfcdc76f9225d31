import type { Attributes, Meter, ObservableResult } from '@opentelemetry/api';
import { observable } from './observable.ts';
import { ATTR } from './semconv.ts';

/** Our own figures. Figures per signal (`spans`, `logs`, `store`) cover the signals that are on. */
export interface OwnFigures {
  copiesDropped(): number;
  observerRestarts(): number;
  exportFailures(): number;
  labelsFolded(): number;
  tracesWithheld(): number;
  itemsLost(): Readonly<Record<string, number>>;
  spoolItems(): Readonly<Record<string, number>>;
  spoolBytes(): Readonly<Record<string, number>>;
}

const COUNTED = ['copiesDropped', 'observerRestarts', 'exportFailures', 'labelsFolded', 'tracesWithheld'] as const;
const BY_SIGNAL = ['itemsLost', 'spoolItems', 'spoolBytes'] as const;

/** Hands the SDK's readers our own figures when they ask. @param name of the process; of its server, where it has one */
export function observeSelf(meter: Meter, name: string, self: OwnFigures): void {
  const labels: Attributes = { [ATTR.server]: name };
  for (const figure of COUNTED)
    observable(meter, figure).addCallback((result) => result.observe(self[figure](), labels));
  for (const figure of BY_SIGNAL)
    observable(meter, figure).addCallback((result: ObservableResult) => {
      for (const [signal, value] of Object.entries(self[figure]()))
        result.observe(value, { ...labels, [ATTR.signal]: signal });
    });
}
