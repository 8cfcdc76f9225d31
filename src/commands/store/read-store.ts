import type { StoreQuestion } from '../../settings/config.ts';
import { openReader, type OpenedReader, type StoreReader } from '../../store/reader.ts';
import { version } from '../../version.ts';
import { findRunningDemo } from '../demo/running-demo.ts';
import { clients } from './clients.ts';
import { parseSince, type Question } from './filters.ts';
import { report } from './report.ts';
import { session } from './session.ts';
import { sessions } from './sessions.ts';
import { slow } from './slow.ts';
import type { Out } from '../terminal/out.ts';
import { tail } from './tail.ts';
import { tools } from './tools.ts';

export interface StoreSurroundings {
  out: Out;
  tell(line: string): void;
  /** Resolves when the command must end. */
  stopped: Promise<void>;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Runs a command over the store. Resolves with the exit code: 2 where there is no store, or no such session. */
export async function readStore(
  question: StoreQuestion,
  { out, tell, stopped, now }: StoreSurroundings,
): Promise<number> {
  const { store, config } = question;
  const since = config.since === undefined ? undefined : parseSince(config.since, now());
  if (config.since !== undefined && since === undefined) {
    tell(`mcpspan: --since: '${config.since}' is not a time: write 15m, 2h, 7d, or a date like 2026-01-31`);
    return 2;
  }
  let opened = openReader(store, now);
  if (config.store === 'default' && hasNothing(opened)) {
    const demo = findRunningDemo(now);
    if (demo !== undefined) {
      tell(`mcpspan: there is no record of your own yet; this is the demo that runs (--store ${demo})`);
      if (opened.kind === 'open') opened.reader[Symbol.dispose]();
      opened = openReader(demo, now);
    }
  }
  if (opened.kind === 'trouble') {
    tell(`mcpspan: ${opened.sentence}`);
    return 2;
  }
  using reader = opened.reader;
  const { server, client, tool, status, limit, json } = { tool: undefined, status: undefined, ...config };
  const asked: Question = { filter: { since, server, client, tool, status, limit }, json, now: now() };
  const abort = new AbortController();
  void stopped.then(() => abort.abort());
  // Awaited: the reader must stay open until the answer is complete.
  return await answer(reader, question, asked, out, abort.signal);
}

/** Whether there is no store yet, or nothing in it. */
function hasNothing(opened: OpenedReader): boolean {
  if (opened.kind === 'trouble') return opened.missing;
  const { operations, sessions: known } = opened.reader.contents();
  return operations === 0 && known === 0;
}

async function answer(
  reader: StoreReader,
  question: StoreQuestion,
  asked: Question,
  out: Out,
  stopped: AbortSignal,
): Promise<number> {
  switch (question.command) {
    case 'sessions':
      sessions(reader, asked, out);
      return 0;
    case 'session':
      return session(reader, question.word, asked, out);
    case 'clients':
      clients(reader, { ...asked, history: question.config.history }, out);
      return 0;
    case 'tools':
      tools(reader, asked, out);
      return 0;
    case 'slow':
      slow(reader, asked, out);
      return 0;
    case 'tail':
      await tail(reader, asked, out, question.config.follow ? stopped : undefined);
      return 0;
    case 'report':
      return report(reader, question.word, { ...asked, price: question.config.price, version }, out);
  }
}
