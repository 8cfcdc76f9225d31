import { remarksOn } from './remarks.ts';
import { exitCodeFor, type Report, type Verdict } from './verdict.ts';
import { adviceFor } from './report-text.ts';

/** A report as JSON; a missing figure is null. */
export function reportJson(report: Report): string {
  const { url, as, recorded, survey, verdict, modes, rounds, findings, leftOut, measures } = report;
  const document = {
    url,
    as: as ?? null,
    verdict: verdict.kind,
    exitCode: exitCodeFor(verdict),
    why: whyOf(verdict),
    cure: verdict.kind === 'nothing-tested' ? verdict.cure : null,
    session:
      recorded === undefined
        ? null
        : {
            id: recorded.session,
            client: recorded.client,
            server: recorded.server,
            openedAt: new Date(recorded.openedAt).toISOString(),
            gone: recorded.gone,
            answersCaptured: recorded.answers,
          },
    server:
      survey === undefined
        ? null
        : {
            name: survey.server.name ?? null,
            version: survey.server.version ?? null,
            legacy: survey.legacy?.version ?? null,
            givesSessions: survey.legacy?.givesSessions ?? null,
            modern: survey.modern,
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
