import { remarksOn } from './remarks.ts';
import { exitCodeFor, type Report, type Verdict } from './verdict.ts';
import { adviceFor } from './words.ts';

/** A report as JSON; what there is no figure for is null. */
export function asJson(report: Report): string {
  const { url, as, recording, ground, verdict, modes, rounds, findings, leftOut, measures } = report;
  const document = {
    url,
    as: as ?? null,
    verdict: verdict.kind,
    exitCode: exitCodeFor(verdict),
    why: whyOf(verdict),
    cure: verdict.kind === 'nothing-tested' ? verdict.cure : null,
    session:
      recording === undefined
        ? null
        : {
            id: recording.session,
            client: recording.client,
            server: recording.server,
            openedAt: new Date(recording.openedAt).toISOString(),
            gone: recording.gone,
            answersCaptured: recording.answers,
          },
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

function whyOf(verdict: Verdict): string | null {
  if (verdict.kind === 'nothing-tested') return verdict.why;
  if (verdict.kind !== 'shut-out') return null;
  return verdict.said === undefined ? verdict.because : `${verdict.because}: ${verdict.said}`;
}
