#!/usr/bin/env node
import { constants } from 'node:os';
import { wrap } from './run/wrap.ts';
import { parseConfig, type StdioConfig } from './settings/config.ts';
import { openStderr } from './transport/stdio/stderr.ts';
import { TIMERS } from './transport/timers.ts';

/** How long the last lines on stderr may take to be read. */
const STDERR_FLUSH_MS = 200;

/** Commands that read no variables, and `doctor`, which has a check for them. */
const WITHOUT_VARIABLES: ReadonlySet<string> = new Set(['help', 'help-all', 'version', 'completions', 'doctor']);

/** Prints a line for people, on stderr: stdout holds only the result of a command. */
const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/**
 * Runs a command, whose code is loaded only then; except that of a wrapped command, which must start before anything
 * that it does not need. Resolves with the exit code: 0 fine, 2 wrong use.
 */
async function run(argv: readonly string[]): Promise<number> {
  const parsed = parseConfig(argv, process.env);
  // The standard streams belong to the wrapped command, so nothing here touches them.
  if (parsed.ok && parsed.command === 'stdio') return runInPlace(parsed.config);
  const { stdout, stderr } = process;
  // Before anything is loaded that it does not need: a container runs it every few seconds.
  if (parsed.ok && parsed.command === 'healthcheck') {
    const { healthcheck } = await import('./commands/healthcheck.ts');
    return healthcheck(parsed.config, { tell, timers: TIMERS });
  }
  // The reader of our output may go away. Traffic goes on all the same.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  if (!parsed.ok || !WITHOUT_VARIABLES.has(parsed.command)) {
    const { misspeltVariables } = await import('./settings/misspelt-variables.ts');
    for (const line of misspeltVariables(process.env)) tell(`mcpspan: ${line}`);
  }
  if (!parsed.ok) {
    for (const problem of parsed.problems) tell(`mcpspan: ${problem}`);
    return 2;
  }
  const print = (text: string): void => void stdout.write(text);
  const stopped = stopSignal();
  const { outTo } = await import('./commands/terminal/out.ts');
  const out = outTo(stdout);
  const { colours } = out;
  switch (parsed.command) {
    case 'help': {
      const { help } = await import('./commands/help/help.ts');
      return help(parsed.topic, { out, tell });
    }
    case 'help-all': {
      const { allOptions } = await import('./commands/help/help.ts');
      print(allOptions(out.columns));
      return 0;
    }
    case 'completions': {
      const { completions } = await import('./commands/help/completions.ts');
      return completions(parsed.shell, { print, tell });
    }
    case 'version': {
      const { versionText } = await import('./commands/version.ts');
      const { version: node, platform, arch } = process;
      print(versionText({ node, platform, arch }, parsed.json));
      return 0;
    }
    case 'proxy': {
      const { serve } = await import('./run/serve.ts');
      await serve(parsed.config, { tell, stopped });
      return 0;
    }
    case 'configured': {
      const { readProxyConfig } = await import('./settings/config-file.ts');
      const read = readProxyConfig(parsed.file, parsed.source);
      const problems = [...parsed.problems, ...(read.ok ? [] : read.problems)];
      for (const problem of problems) tell(`mcpspan: ${problem}`);
      if (!read.ok || problems.length > 0) return 2;
      for (const note of read.notes) tell(`mcpspan: ${note}`);
      const { serve } = await import('./run/serve.ts');
      const { file: path, source } = parsed;
      await serve(read.config, { tell, stopped, file: { path, read: () => readProxyConfig(path, source) } });
      return 0;
    }
    case 'config': {
      const { checkConfig } = await import('./commands/config-check.ts');
      return checkConfig(parsed.config, { out, tell });
    }
    case 'demo': {
      const { demo } = await import('./commands/demo/demo.ts');
      return demo(parsed.config, { out, tell, stopped, wallClock: Date.now });
    }
    case 'collect': {
      const { collect } = await import('./collect/collect.ts');
      return collect(parsed.config, { tell, stopped, wallClock: Date.now });
    }
    case 'page': {
      const { showPage } = await import('./commands/page.ts');
      return showPage(parsed.config, { tell, stopped, wallClock: Date.now });
    }
    case 'probe': {
      const { probe } = await import('./commands/probe/probe.ts');
      const { progressOn } = await import('./commands/terminal/progress.ts');
      return probe(parsed.config, { tell, print, progress: progressOn(stderr, TIMERS), colours, stopped });
    }
    case 'doctor': {
      const { doctor } = await import('./commands/doctor/doctor.ts');
      const { progressOn } = await import('./commands/terminal/progress.ts');
      const { env } = process;
      return doctor(parsed.config, { tell, print, progress: progressOn(stderr, TIMERS), colours, stopped, env });
    }
    case 'install':
    case 'uninstall': {
      const { install } = await import('./commands/install/install.ts');
      const { confirmOn } = await import('./commands/terminal/confirm.ts');
      const { stdin, env, platform, execPath: node, argv: command } = process;
      const ask = stdin.isTTY && stderr.isTTY ? confirmOn(stdin, stderr) : undefined;
      const here = { env, platform, folder: process.cwd(), node, script: command[1] ?? '' };
      return install(parsed.command, parsed.config, { out, tell, ask, stopped, ...here });
    }
    case 'mcp': {
      const { serveMcp } = await import('./commands/mcp/mcp.ts');
      return serveMcp(parsed.config, { stdin: process.stdin, stdout, stopped, now: Date.now });
    }
    default: {
      const { readStore } = await import('./commands/store/read-store.ts');
      return readStore(parsed, { out, tell, stopped, now: Date.now });
    }
  }
}

/** Runs in place of a command. Resolves with its exit code; if a signal ended it, the same signal ends us. */
async function runInPlace(config: StdioConfig): Promise<number> {
  const stderr = openStderr();
  const ending = await wrap(config, {
    say: (line) => stderr.write(`mcpspan: ${line}\n`),
    print: (text) => stderr.write(text),
    env: process.env,
  });
  // A process cannot exit while a write waits for its reader, so it has to be killed, whatever its exit code.
  if (!(await stderr.flushed(STDERR_FLUSH_MS))) process.kill(process.pid, 'SIGKILL');
  if ('code' in ending) return ending.code;
  const { signal } = ending;
  if (signal !== 'SIGKILL') {
    // Adding and removing a listener restores the system's default action, which Node may have changed.
    process.on(signal, () => undefined);
    process.removeAllListeners(signal);
  }
  process.kill(process.pid, signal);
  await new Promise((resolve) => setTimeout(resolve, STDERR_FLUSH_MS));
  return 128 + constants.signals[signal];
}

/** Resolves at the first SIGTERM or SIGINT; the second ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let first = true;
    for (const [name, number] of [
      ['SIGTERM', 15],
      ['SIGINT', 2],
    ] as const) {
      process.on(name, () => {
        if (!first) process.exit(128 + number);
        first = false;
        resolve();
      });
    }
  });
}

try {
  process.exit(await run(process.argv.slice(2)));
} catch (error) {
  const { addressTrouble } = await import('./settings/address-trouble.ts');
  const trouble = addressTrouble(error);
  tell(`mcpspan: ${trouble ?? (error instanceof Error ? (error.stack ?? error.message) : String(error))}`);
  process.exit(trouble === undefined ? 1 : 2);
}
