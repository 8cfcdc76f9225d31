import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { setImmediate as turn } from 'node:timers/promises';
import { Delivery } from '../../src/delivery/delivery.ts';
import { openSpool } from '../../src/delivery/open-spool.ts';
import { Outage } from '../../src/delivery/outage.ts';
import type { Protocol } from '../../src/delivery/senders.ts';
import type { Spool } from '../../src/delivery/spool.ts';
import { manualTimers } from '../support/timers.ts';
import { batchOf, textOf } from './spool-rig.ts';

type Answer = (ExportResult & { rejected?: number }) | Promise<ExportResult>;

export const OK: ExportResult = { code: ExportResultCode.SUCCESS };
export const failed = (code: string | number): ExportResult => ({
  code: ExportResultCode.FAILED,
  error: Object.assign(new Error('no'), { code }),
});
export const DOWN = failed('ECONNREFUSED');
export const REFUSED = failed(400);
export const never = new Promise<ExportResult>(() => {});

interface RigOptions {
  /** `memory`, `off`, or the path of a folder. */
  spool?: string;
  maxBytes?: number;
  protocol?: Protocol;
  maxItems?: number;
}

/** A delivery to an endpoint that answers as it is told. */
export function rig(options: RigOptions = {}) {
  const { spool: where = 'memory', maxBytes = 2 ** 24, protocol = 'http/protobuf', maxItems = 8_192 } = options;
  const timers = manualTimers();
  const said: string[] = [];
  const told: string[] = [];
  const dropped: number[] = [];
  const sent: string[] = [];
  let answer: (text: string) => Answer = () => OK;
  let inFlight = 0;
  let mostInFlight = 0;
  const watch = new Outage({
    items: 'spans',
    target: 'http://collector',
    timers,
    say: (line) => said.push(line),
    onFailed: () => told.push('failed'),
    onLost: (items) => told.push(`lost ${items}`),
    onFailing: () => told.push('failing'),
    onRestored: (lost, late) => told.push(`restored ${lost} ${late}`),
    late: () => delivery.waiting + (spool?.items('spans') ?? 0),
  });
  const spool: Spool | undefined =
    where === 'off'
      ? undefined
      : openSpool({
          where: where === 'memory' ? { kind: 'memory' } : { kind: 'directory', path: where },
          maxBytes,
          onDropped: (_, items) => {
            dropped.push(items);
            watch.lost(items, 'the spool is full');
          },
          say: (line) => said.push(line),
          timers,
        });
  const delivery: Delivery = new Delivery({
    signal: 'spans',
    protocol,
    spool,
    watch,
    maxItems,
    timers,
    random: () => 0.5,
    sender: {
      async send(bytes) {
        const text = textOf({ ...batchOf(''), bytes });
        sent.push(text);
        mostInFlight = Math.max(mostInFlight, ++inFlight);
        const result = await answer(text);
        inFlight--;
        return result;
      },
      shutdown: async () => void sent.push('shutdown'),
    },
  });
  return {
    delivery,
    spool,
    watch,
    timers,
    said,
    told,
    dropped,
    /** What was sent since the last look. */
    sent: () => sent.splice(0),
    mostInFlight: () => mostInFlight,
    lost: () =>
      told.filter((event) => event.startsWith('lost ')).reduce((sum, event) => sum + Number(event.slice(5)), 0),
    answer(next: Answer | ((text: string) => Answer)) {
      answer = typeof next === 'function' ? next : () => next;
    },
    /** Hands in a batch, and lets everything follow that needs no time. */
    async deliver(...texts: string[]) {
      const settled: string[] = [];
      for (const text of texts) void delivery.deliver(batchOf(text)).then(() => settled.push(text));
      for (let index = 0; index < 5; index++) await turn();
      return settled;
    },
  };
}
