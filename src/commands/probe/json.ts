import { remarksOn } from './remarks.ts';
import { exitCodeFor, type Report } from './verdict.ts';
import { adviceFor } from './words.ts';

/** A report as JSON; what there is no figure for is null. */
export function asJson(report: Report): string {
  const { url, as, ground, verdict, modes, rounds, findings, leftOut, measures } = report;
  const document = {
    url,
    as: as ?? null,
    verdict: verdict.kind,
    exitCode: exitCodeFor(verdict),
    why: verdict.kind === 'nothing-tested' ? verdict.why : verdict.kind === 'shut-out' ? verdict.said : null,
    cure: verdict.kind === 'nothing-tested' ? verdict.cure : null,
    server:
      ground === undefined
        ? null
        : {
            name: ground.server.name ?? null,
            version: ground.server.version ?? null,
            legacy: ground.legacy?.version ?? null,
            givesSessions: ground.legacy?.givesSessions ?? null,
            modern: ground.modern,
          },
    rounds,
    modes: modes.map(({ name, title }) => ({ name, title })),
    calls: findings.map(({ call, title, first, fails, judgements }) => ({
      name: call.name,
      title,
      method: call.method,
      params: call.params,
      outcome: first ?? null,
      fails,
      compared: Object.fromEntries(judgements),
    })),
    leftOut,
    advice: adviceFor(report),
    measured:
      measures === undefined
        ? null
        : {
            handshakes: measures.handshakes ?? null,
            sessions: measures.sessions ?? null,
            atOnce: measures.atOnce,
            deadSessionStatus: measures.deadSession ?? null,
            get: measures.get ?? null,
            remarks: remarksOn(measures).map(({ what, found, cure }) => ({ what, found, cure: cure ?? null })),
          },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
