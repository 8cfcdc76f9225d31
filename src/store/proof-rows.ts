import type { DatabaseSync } from 'node:sqlite';
import { textAt, timeAt } from './columns.ts';
import { inTransaction, openToWrite } from './database.ts';

/** What `mcpspan probe` found about a tool, the last time it was called. */
export interface Proof {
  /** A tool's name, or the method of another call. */
  tool: string;
  /** `depends`: its answers differ without its session. */
  verdict: 'depends' | 'independent' | 'unclear';
  /** Where it differed first, as `probe` names it: `no-session-id`, `session-per-call`, `modern`; `''`: nowhere. */
  mode: string;
}

export interface StoredProof extends Proof {
  server: string;
  /** Milliseconds since the epoch. */
  at: number;
}

/** What a probe found about a server and its tools. */
export interface ProbeResult {
  server: string;
  /** It answers in the revision of 2026-07-28. */
  speaksModern: boolean;
  proofs: readonly Proof[];
}

/** The row about the server itself: no tool has an empty name. */
const SERVER_ITSELF = '';
const SPEAKS = { modern: 'modern', legacy: 'legacy' } as const;
const MAX_AT_ONCE = 200;
const PROVEN: ReadonlySet<string> = new Set<Proof['verdict']>(['depends', 'independent', 'unclear']);
const isProven = (text: string): text is Proof['verdict'] => PROVEN.has(text);

/**
 * Writes what a probe found into a store that exists. Older findings about the same tools are replaced.
 * @throws StoreError, or what SQLite or the file system throws
 */
export function writeProofs(path: string, { server, speaksModern, proofs }: ProbeResult, nowUs: number): void {
  const db = openToWrite(path);
  try {
    const row = db.prepare(
      `INSERT INTO proofs (server, tool, verdict, mode, at_us) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET verdict = excluded.verdict, mode = excluded.mode, at_us = excluded.at_us`,
    );
    inTransaction(db, 'BEGIN IMMEDIATE', () => {
      row.run(server, SERVER_ITSELF, speaksModern ? SPEAKS.modern : SPEAKS.legacy, '', nowUs);
      for (const { tool, verdict, mode } of proofs.slice(0, MAX_AT_ONCE)) row.run(server, tool, verdict, mode, nowUs);
    });
  } finally {
    db.close();
  }
}

/** By server: what was proven of its tools, and whether it speaks the revision of 2026-07-28, where a probe has asked. */
export function storedProofs(
  db: DatabaseSync,
): Map<string, { proofs: StoredProof[]; speaksModern: boolean | undefined }> {
  const servers: ReturnType<typeof storedProofs> = new Map();
  for (const row of db.prepare('SELECT * FROM proofs ORDER BY server, tool').all()) {
    const [server, tool, verdict] = [textAt(row, 'server'), textAt(row, 'tool'), textAt(row, 'verdict')];
    const known = servers.get(server) ?? { proofs: [], speaksModern: undefined };
    servers.set(server, known);
    if (tool === SERVER_ITSELF) known.speaksModern = verdict === SPEAKS.modern;
    // A newer mcpspan may have written another verdict.
    else if (isProven(verdict))
      known.proofs.push({ server, tool, verdict, mode: textAt(row, 'mode'), at: timeAt(row, 'at_us') ?? 0 });
  }
  return servers;
}
