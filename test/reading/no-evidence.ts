import type { Evidence } from '../../src/reading/findings.ts';

/** A record in which there is nothing to find. */
export const NO_EVIDENCE: Evidence = {
  clients: [],
  tools: [],
  lost: 0,
  changes: [],
  processes: [],
  repeats: [],
  toolChanges: [],
  lostAttempts: [],
  now: 0,
};
