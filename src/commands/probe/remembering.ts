import { existsSync } from 'node:fs';
import type { ProbeConfig } from '../../settings/config.ts';
import { writeProofs, type Proof } from '../../store/proof-rows.ts';
import { openReader } from '../../store/reader.ts';
import { sentenceOf, troubleOf } from '../../store/store-error.ts';
import type { StoredProcess } from '../../store/process-row.ts';
import { plain } from '../../reading/plain.ts';
import { textOf } from '../../simulator/json.ts';
import type { Finding } from './finding.ts';
import type { Report } from './verdict.ts';

const MAX_NAME_CHARS = 128;
/** What counts of several calls of one tool: what was proven, before what was not. */
const WEIGHT: readonly Proof['verdict'][] = ['depends', 'independent', 'unclear'];

/**
 * Writes what a probe proved into the record, where there is one: `mcpspan ready` reads it. Returns a line for people;
 * undefined: there is no record, or nothing to write.
 * @param now milliseconds since the epoch
 */
export function rememberProbe(report: Report, { store, url }: ProbeConfig, now: () => number): string | undefined {
  if (store === undefined || report.survey === undefined || !existsSync(store)) return undefined;
  const opened = openReader(store, now);
  if (opened.kind === 'trouble') return `mcpspan: not remembered: ${opened.sentence}`;
  let server: string;
  {
    using reader = opened.reader;
    server = serverAt(url, reader.processes());
  }
  try {
    const speaksModern = report.survey.modern;
    writeProofs(store, { server, speaksModern, proofs: proofsIn(report.findings) }, Math.round(now() * 1_000));
    return `mcpspan: remembered for 'mcpspan ready', as server ${plain(server)} (${store})`;
  } catch (error) {
    return `mcpspan: not remembered: the store ${sentenceOf(store, troubleOf(error))}`;
  }
}

/**
 * The name under which the record knows a server: of whoever forwards to this address, or listens on it. Several servers of
 * one process may share an origin: then it is the one at this path.
 */
export function serverAt(url: URL, processes: readonly StoredProcess[]): string {
  const known = processes.flatMap(({ server, address, upstream }) =>
    [address, upstream].flatMap((text) => {
      const place = URL.parse(text);
      return place?.origin === url.origin ? [{ server, path: place.pathname }] : [];
    }),
  );
  return (known.find(({ path }) => path === url.pathname) ?? known[0])?.server ?? url.host;
}

/** What was proven of each tool. Of other calls only the method is kept: a URI may say something about a person. */
function proofsIn(findings: readonly Finding[]): Proof[] {
  const proofs = new Map<string, Proof>();
  for (const finding of findings) {
    const { method, params } = finding.call;
    const name = method === 'tools/call' ? textOf(params['name']) : undefined;
    const tool = (name ?? method).slice(0, MAX_NAME_CHARS).toWellFormed();
    const proof = { tool, ...judgementOf(finding) };
    const before = proofs.get(tool);
    if (before === undefined || WEIGHT.indexOf(proof.verdict) < WEIGHT.indexOf(before.verdict)) proofs.set(tool, proof);
  }
  return [...proofs.values()];
}

function judgementOf({ judgements, fails }: Finding): Omit<Proof, 'tool'> {
  const differing = [...judgements].find(([, { kind }]) => kind === 'differs');
  if (differing !== undefined) return { verdict: 'depends', mode: differing[0] };
  const same = !fails && [...judgements.values()].some(({ kind }) => kind === 'same');
  return { verdict: same ? 'independent' : 'unclear', mode: '' };
}
