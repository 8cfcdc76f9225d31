import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { describe, expect, it } from 'vitest';
import { watchExporter } from '../../src/telemetry/export-watch.ts';

const OK: ExportResult = { code: ExportResultCode.SUCCESS };
const failed = (error?: Error): ExportResult => ({
  code: ExportResultCode.FAILED,
  ...(error !== undefined && { error }),
});

function startWatch() {
  const said: string[] = [];
  const told: string[] = [];
  let next = OK;
  let waiting = 0;
  const exporter = { export: (_batch: number[], done: (result: ExportResult) => void): void => done(next) };
  const watch = watchExporter(exporter, (batch) => batch.length, {
    items: 'spans',
    target: 'http://collector:4318/v1/traces (http/protobuf)',
    waiting: () => waiting,
    say: (line) => said.push(line),
    onFailed: () => told.push('failed'),
    onFailing: () => told.push('failing'),
    onRestored: (lost, late) => told.push(`restored ${lost} ${late}`),
  });
  const results: ExportResult[] = [];
  return {
    watch,
    said,
    told,
    results,
    send: (size: number, result: ExportResult): void => {
      next = result;
      exporter.export(Array.from<number>({ length: size }), (done) => results.push(done));
    },
    wait: (count: number): void => {
      waiting = count;
    },
  };
}

describe('an exporter that is watched', () => {
  it('is not spoken of while all is well, and hands its results on', () => {
    const { send, said, told, results, watch } = startWatch();
    send(3, OK);
    watch.finish();
    expect([said, told, results]).toEqual([[], [], [OK]]);
  });

  it('is spoken of once when it fails, with the reason in a line', () => {
    const { send, said, told } = startWatch();
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:4318\n<html>secret page</html>'), {
      code: 'ECONNREFUSED',
    });
    for (let index = 0; index < 3; index++) send(5, failed(refused));
    expect(said).toEqual([
      'spans cannot be exported to http://collector:4318/v1/traces (http/protobuf): ECONNREFUSED connect ECONNREFUSED 127.0.0.1:4318; traffic goes on',
    ]);
    expect(told).toEqual(['failed', 'failing', 'failed', 'failed']);
  });

  it.each([
    [undefined, 'no reason given'],
    [new TypeError(''), 'TypeError'],
    [new Error('x'.repeat(500)), 'x'.repeat(120)],
  ])('gives the reason of %s as %s', (error, reason) => {
    const { send, said } = startWatch();
    send(1, failed(error));
    expect(said[0]).toContain(`: ${reason}; traffic goes on`);
  });

  it('is spoken of once when it is well again, with what was lost and what came late', () => {
    const { send, said, told, wait, watch } = startWatch();
    send(5, failed());
    send(2, failed());
    wait(40);
    send(10, OK);
    send(10, OK);
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/^spans reach http:\S+ \(http\/protobuf\) again after \d+ s: 7 lost, 50 late$/);
    expect(told.at(-1)).toBe('restored 7 50');
    watch.finish();
    expect(said).toHaveLength(2);
  });

  it('says at the end what never arrived', () => {
    const { send, said, wait, watch } = startWatch();
    send(5, failed());
    wait(40);
    watch.finish();
    expect(said.at(-1)).toBe('45 spans were not delivered to http://collector:4318/v1/traces (http/protobuf)');
  });

  it('says so once too where items come faster than they are sent', () => {
    const { said, told, watch } = startWatch();
    watch.dropped(1);
    watch.dropped(1);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('they come faster than they can be sent');
    expect(told).toEqual(['failed', 'failing']);
  });
});
