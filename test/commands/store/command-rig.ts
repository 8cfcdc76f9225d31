import { stripVTControlCharacters } from 'node:util';
import { clients } from '../../../src/commands/store/clients.ts';
import type { Question } from '../../../src/commands/store/filters.ts';
import { session } from '../../../src/commands/store/session.ts';
import type { Out } from '../../../src/commands/terminal/out.ts';
import type { Filter } from '../../../src/store/filter.ts';
import type { StoreReader } from '../../../src/store/reader.ts';
import { widthOf } from '../../../src/commands/terminal/text.ts';
import { failure, request, result, toolCall, type Conversation } from '../../support/conversation.ts';
import { startRig, temporaryFolder, type Rig, type RigOptions } from '../../store/store-rig.ts';

export interface Told {
  text: string;
  lines: string[];
}

export interface AskOptions {
  filter?: Filter;
  json?: boolean;
  columns?: number;
  colours?: boolean;
}

/** A conversation, its store, and what a command says of it. */
export interface CommandRig extends Rig {
  ask<Answer>(
    command: (reader: StoreReader, question: Question, out: Out) => Answer,
    options?: AskOptions,
  ): Told & { answer: Answer };
}

export function withStore(act: (rig: CommandRig) => void, options: RigOptions = {}): void {
  using folder = temporaryFolder();
  using rig = startRig(folder.in('store.db'), options);
  act(
    Object.assign(rig, {
      ask: <Answer>(
        command: (reader: StoreReader, question: Question, out: Out) => Answer,
        { filter = {}, json = false, columns, colours = false }: AskOptions = {},
      ) => {
        let text = '';
        const out: Out = {
          columns,
          colours,
          write: (piece) => {
            text += piece;
          },
        };
        const answer = rig.read((reader) => command(reader, { filter, json, now: rig.talk.clock.now() }, out));
        return { answer, text, lines: text.trimEnd().split('\n') };
      },
    }),
  );
}

/** The longest line, in columns of a terminal. */
export const widest = ({ text }: Told): number => Math.max(...stripVTControlCharacters(text).split('\n').map(widthOf));

/** A name that would do harm if it were shown, linked or run as it is. */
export const HOSTILE =
  '\u001B[2J\u001B]0;gone\u0007<img src=x onerror=alert(1)>|`[a](http://evil.example) www.evil.example @all\u202Egnp\uFE01\u{E0101}\u{E006F}\n';

/** Characters that do something, or that nobody sees, but for the ends of lines. */
export const ACTING = /(?!\n)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

export const inSession = (id: string): Record<string, string> => ({ 'Mcp-Session-Id': id });

/** Two clients of different habits, and something of everything. */
export function speak(talk: Conversation): void {
  talk.initialize('a-session', { name: 'Anthropic/ClaudeAI', version: '1.0.0' });
  talk.ask(
    request(1, 'tools/list'),
    result(1, { tools: [{ name: 'quiz' }, { name: 'never', description: 'x'.repeat(3_000) }] }),
    inSession('a-session'),
  );
  for (let call = 0; call < 6; call++) talk.call('a-session', 'quiz');
  talk.ask(toolCall(2, 'quiz'), result(2, { isError: true }), inSession('a-session'));
  talk.ask(toolCall(3, 'grade'), failure(3, -32_603), inSession('a-session'));
  for (let call = 0; call < 8; call++) {
    talk.clock.advance(1_000);
    talk.initialize(`call-${call}`, { name: 'openai-mcp', version: '1.0.0' });
    talk.call(`call-${call}`, 'quiz');
  }
  talk.call(undefined, 'quiz', { 'User-Agent': 'agent/1.0' });
}

export type Command = (reader: StoreReader, question: Question, out: Out) => unknown;

export const clientsCommand: Command = (reader, question, out) => clients(reader, { ...question, history: false }, out);
export const historyCommand: Command = (reader, question, out) => clients(reader, { ...question, history: true }, out);
export const sessionCommand =
  (id: string) =>
  (reader: StoreReader, question: Question, out: Out): number =>
    session(reader, id, question, out);
