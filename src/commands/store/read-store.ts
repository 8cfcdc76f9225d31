import type { StoreQuestion } from '../../settings/store-question.ts';
import { openReader, type StoreReader } from '../../store/reader.ts';
import { version } from '../../version.ts';
import { ownOrDemo } from '../demo/own-or-demo.ts';
import { clients } from './clients.ts';
import { errors } from './errors.ts';
import { parseSince, type Question } from './filters.ts';
import { ready } from './ready.ts';
import { journeys } from './journeys.ts';
import { report } from './report.ts';
import { session } from './session.ts';
import { sessions } from './sessions.ts';
import { slow } from './slow.ts';
import type { Out } from '../terminal/out.ts';
import { tail } from './tail.ts';
import { toolChanges } from './tool-changes.ts';
import { tools } from './tools.ts';

export interface StoreSurroundings {
  out: Out;
  tell(line: string): void;
  /** Resolves when the command must end. */
  stopped: Promise<void>;
  /** Milliseconds since the epoch. */
  now(): number;
}

const NO_FILTER = {
  since: undefined,
  server: undefined,
  client: undefined,
  tool: undefined,
  status: undefined,
  method: undefined,
  code: undefined,
  limit: undefined,
};

/** Runs a command over the store. Resolves with the exit code: 2 where there is no store, or no such session. */
export async function readStore(
  question: StoreQuestion,
  { out, tell, stopped, now }: StoreSurroundings,
): Promise<number> {
  const { store, config } = question;
  const { json, ...given } = config;
  // Not every command takes each of them.
  const { server, client, tool, status, method, code, limit, ...asked } = { ...NO_FILTER, ...given };
  const since = asked.since === undefined ? undefined : parseSince(asked.since, now());
  if (asked.since !== undefined && since === undefined) {
    tell(`mcpspan: --since: '${asked.since}' is not a time: write 15m, 2h, 7d, or a date like 2026-01-31`);
    return 2;
  }
  const opened = openReader(config.store === 'default' ? ownOrDemo(store, now, tell) : store, now);
  if (opened.kind === 'trouble') {
    tell(`mcpspan: ${opened.sentence}`);
    return 2;
  }
  using reader = opened.reader;
  const filter = { since, server, client, tool, status, method, code, limit };
  const abort = new AbortController();
  void stopped.then(() => abort.abort());
  // Awaited: the reader must stay open until the answer is complete.
  return await answer(reader, question, { filter, json, now: now() }, out, abort.signal);
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
      if (question.config.changes) toolChanges(reader, asked, question.word, out);
      else tools(reader, asked, out);
      return 0;
    case 'slow':
      slow(reader, asked, out);
      return 0;
    case 'errors':
      errors(reader, asked, out);
      return 0;
    case 'tail':
      await tail(reader, asked, out, question.config.follow ? stopped : undefined);
      return 0;
    case 'ready':
      return ready(reader, asked, out);
    case 'journeys':
      return journeys(reader, question.word, asked, out);
    case 'report':
      return report(
        reader,
        question.word,
        { ...asked, journey: question.config.journey, price: question.config.price, version },
        out,
      );
  }
}
