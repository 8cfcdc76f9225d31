import { vi } from 'vitest';
import type { Answers, QuestionKind } from '../../src/viewer/api.ts';
import { PAGE_LINE, runCli, startCli, type Cli, type Command } from '../e2e/cli.ts';

type Parameters = Readonly<Record<string, string | number>>;

/** What the page's figures are compared with. */
export interface ShownPage {
  /** Where the page is. */
  readonly page: string;
  ask<Kind extends QuestionKind>(kind: Kind, parameters?: Parameters): Promise<Answers[Kind]>;
  /** Resolves when the record has so many tool calls. */
  untilCalled(toolCalls: number): Promise<void>;
}

/** A mcpspan with a page. */
export type Shown = Cli & ShownPage;

/** @param store a file for what is seen, or `off` */
export async function startShown(upstream: string, store: string, args: readonly string[] = []): Promise<Shown> {
  const cli = await startCli(upstream, ['--store', store, '--page', '127.0.0.1:0', ...args]);
  return { ...cli, ...(await pageOf(cli)) };
}

/** `mcpspan page` over a store. */
export async function startPageOver(store: string, args: readonly string[] = []): Promise<Command & ShownPage> {
  const command = runCli(['page', '--store', store, '--page', '127.0.0.1:0', ...args]);
  return { ...command, ...(await pageOf(command)) };
}

async function pageOf(command: Command): Promise<ShownPage> {
  await command.untilSaid((stderr) => PAGE_LINE.test(stderr));
  const page = PAGE_LINE.exec(command.stderr())?.[1] ?? '';
  const shown: ShownPage = {
    page,
    async untilCalled(toolCalls) {
      const look = async (): Promise<void> => {
        const { all } = await shown.ask('now');
        if (all.toolCalls >= toolCalls) return;
        const { processes } = await shown.ask('health');
        throw new Error(`${all.toolCalls} calls of ${toolCalls}: ${JSON.stringify(processes)}
${command.stderr()}`);
      };
      await vi.waitFor(look, { timeout: 45_000, interval: 100 });
    },
    async ask(kind, parameters = {}) {
      const query = new URLSearchParams(
        Object.entries(parameters).map(([name, value]): [string, string] => [name, `${value}`]),
      );
      const answer = await fetch(`${page}/api/${kind}?${query.toString()}`);
      if (!answer.ok) throw new Error(`${kind}: ${answer.status} ${await answer.text()}`);
      // The server answers each kind with its type.
      return (await answer.json()) as never;
    },
  };
  return shown;
}
