import type { Row } from './dashboard.ts';
import { bars, lines, linesWithLimits } from './chart.ts';
import { COLLECTOR, collectorCounter, SIGNALS } from './collector-names.ts';
import { COLOR, steps } from './palette.ts';
import type { Query } from './panel.ts';
import { counted, nested } from './promql.ts';

const STEP = '$__interval';
const NOT_SCRAPED = "The collector's own metrics are not scraped by this Prometheus";
/** One query for each signal, grouped by the label that names the part of the collector. */
const losses = (counter: string, by: string, what: string): Query[] =>
  Object.entries(SIGNALS).map(([signal, name]) => ({
    // The entries of an object literal of this type have its keys.
    expr: `sum by (${by}) ${nested(counted(collectorCounter(counter, signal as keyof typeof SIGNALS), STEP))}`,
    legend: `${name} ${what}`,
  }));

/** What happens to the telemetry after it left mcpspan. These series have none of our labels. */
export const collector: Row = {
  title: 'The collector',
  panels: [
    linesWithLimits(
      {
        id: 40,
        title: "How full are the collector's queues?",
        means:
          "Share of each exporter's sending queue that is taken. It fills while a backend is away and drains after.",
        todo: "Near 100 % the collector refuses what arrives, and mcpspan's spool takes over. Repair the backend that the line names.",
        empty: NOT_SCRAPED,
        size: [8, 8],
        unit: 'percentunit',
      },
      [
        {
          expr: `max by (exporter) (${COLLECTOR.queueSize} / ${COLLECTOR.queueCapacity})`,
          legend: '{{exporter}}',
        },
      ],
      steps(COLOR.good, [0.5, COLOR.warning], [0.9, COLOR.bad]),
    ),
    bars(
      {
        id: 41,
        title: 'What did the collector lose or refuse?',
        means:
          "Spans, points and records that the collector refused at its door, could not queue, or gave up sending. Refused ones wait in mcpspan's spool; the others are gone.",
        todo: '"refused" is its memory limit: give it more. "not sent" and "not queued" name the backend that does not keep up.',
        empty: `Nothing was lost, or: ${NOT_SCRAPED.toLowerCase()}`,
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [
        ...losses('receiver_refused', 'receiver', 'refused'),
        ...losses('exporter_enqueue_failed', 'exporter', 'not queued for {{exporter}}'),
        ...losses('exporter_send_failed', 'exporter', 'not sent by {{exporter}}'),
      ],
    ),
    lines(
      {
        id: 42,
        title: 'Are the programs around it up?',
        means:
          'The programs that Prometheus scrapes, by job: 1 is up, 0 is down. mcpspan is not scraped, since it sends its metrics.',
        todo: "A job at 0: look at that program's log before you believe any other panel.",
        empty: 'This Prometheus scrapes nothing',
        size: [8, 8],
        unit: 'short',
        decimals: 0,
      },
      [{ expr: 'min by (job) (up)', legend: '{{job}}' }],
    ).max(1),
  ],
};
