#!/usr/bin/env node
import { constants } from 'node:os';
import { parseConfig, type ProxyConfig, type StdioConfig } from './settings/config.ts';
import { addressText } from './transport/names.ts';
import type { ProbeSurroundings } from './commands/probe/probe.ts';
import { isExporting, NO_SIGNALS, SIGNAL_NAMES } from './settings/signals.ts';
import { version } from './version.ts';

/** For what was said last to be read, in milliseconds. */
const STDERR_FLUSH_MS = 200;

/** Where lines for people go: stdout belongs to what a command was asked for. */
const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Resolves with the exit code: 0 fine, 2 wrong use. */
async function run(argv: readonly string[]): Promise<number> {
  const parsed = parseConfig(argv, process.env);
  // Its streams are not ours to touch.
  if (parsed.ok && parsed.command === 'stdio') return stand(parsed.config);
  // Whoever reads what we say may go away; the traffic does not end with that.
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', () => undefined);
  if (!parsed.ok) {
    for (const problem of parsed.problems) tell(`mcpspan: ${problem}`);
    return 2;
  }
  switch (parsed.command) {
    case 'help':
    case 'help-all': {
      const { help } = await import('./settings/help.ts');
      process.stdout.write(help(parsed.command === 'help-all'));
      return 0;
    }
    case 'version':
      process.stdout.write(`${version}\n`);
      return 0;
    case 'proxy':
      return serve(parsed.config);
    case 'demo': {
      const { demo } = await import('./commands/demo/demo.ts');
      return demo(parsed.config, { tell, stopped: stopSignal(), wallClock: Date.now });
    }
    case 'page': {
      const { showPage } = await import('./commands/page.ts');
      return showPage(parsed.config, { tell, stopped: stopSignal(), wallClock: Date.now });
    }
    case 'probe': {
      const { probe } = await import('./commands/probe/probe.ts');
      const { as, calls, session, store, header, handshakes, timeout, json } = parsed.config;
      const { url } = parsed;
      const from = { as, calls, session, store, headers: header };
      return probe(
        { url, ...from, allowWrites: parsed.config['allow-writes'], handshakes, timeoutSeconds: timeout, json },
        await surroundings(),
      );
    }
    case 'sessions':
    case 'session':
    case 'clients':
    case 'tools':
    case 'slow':
    case 'tail':
    case 'report': {
      const { readStore } = await import('./commands/store/read-store.ts');
      const { outTo } = await import('./commands/terminal/out.ts');
      return readStore(parsed, { out: outTo(process.stdout), tell, stopped: stopSignal(), now: Date.now });
    }
    case 'doctor': {
      const { doctor } = await import('./commands/doctor/doctor.ts');
      const { config } = parsed;
      const { upstream, name, listen, page, health, header, timeout, json } = config;
      const proxy =
        upstream === undefined ? undefined : { ...config, upstream, name: name ?? upstream.host, signals: NO_SIGNALS };
      const local = { store: config.store, storeMaxMb: config['store-max-mb'] };
      return doctor(
        { proxy, listen, page, health, ...local, headers: header, env: process.env, timeoutSeconds: timeout, json },
        await surroundings(),
      );
    }
  }
}

/** Of a command that looks at something and tells. */
async function surroundings(): Promise<ProbeSurroundings> {
  const { hasColours } = await import('./commands/terminal/out.ts');
  const { progressOn } = await import('./commands/terminal/progress.ts');
  return {
    tell,
    print: (text) => process.stdout.write(text),
    progress: progressOn(process.stderr),
    colours: hasColours(process.stdout),
    stopped: stopSignal(),
  };
}

async function serve(config: ProxyConfig): Promise<number> {
  const stopped = stopSignal();
  // What a wrapped command does not wait for.
  const { startProxy } = await import('./run/proxy.ts');
  const proxy = await startProxy(config, { say: (line) => tell(`mcpspan: ${line}`) });
  tell(`mcpspan ${version}`);
  tell(`  clients   ${proxy.url}`);
  tell(`  upstream  ${config.upstream.origin}`);
  for (const name of SIGNAL_NAMES) tell(`  ${name.padEnd(8)}  ${config.signals[name]?.target ?? 'off'}`);
  if (!isExporting(config.signals)) {
    tell('  nothing leaves this machine; set OTEL_EXPORTER_OTLP_ENDPOINT to export');
  }
  if (proxy.page !== undefined) tell(`  page      ${proxy.page}`);
  if (config.store !== undefined) tell(`  store     ${config.store}`);
  if (proxy.healthPort !== undefined && config.health !== undefined)
    tell(`  health    http://${addressText({ host: config.health.host, port: proxy.healthPort })}/readyz`);
  await stopped;
  await proxy.stop();
  return 0;
}

/** Stands in for a command; resolves with its exit code. Of the signal that ended it we die too, to be seen to. */
async function stand(config: StdioConfig): Promise<number> {
  const { wrap } = await import('./run/wrap.ts');
  const { openStderr } = await import('./transport/stdio/stderr.ts');
  const stderr = openStderr();
  const ending = await wrap(config, {
    say: (line) => stderr.write(`mcpspan: ${line}\n`),
    print: (text) => stderr.write(text),
  });
  // While a write waits for its reader a process cannot exit, whatever the code.
  if (!(await stderr.flushed(STDERR_FLUSH_MS))) process.kill(process.pid, 'SIGKILL');
  if ('code' in ending) return ending.code;
  const { signal } = ending;
  if (signal !== 'SIGKILL') {
    // Once listened to and no longer, it does what it does by default, whatever Node had made of it.
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
  tell(`mcpspan: ${explain(error)}`);
  process.exit(isAddressError(error) ? 2 : 1);
}

function isAddressError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen';
}

function explain(error: unknown): string {
  if (!isAddressError(error)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const address =
    'address' in error && 'port' in error ? `${String(error.address)}:${String(error.port)}` : 'the address';
  if (error.code === 'EADDRINUSE')
    return `${address} is in use; choose another with --listen HOST:PORT (port 0: any free one)`;
  if (error.code === 'EACCES') return `${address} may not be listened on; choose a port from 1024 on with --listen`;
  return `cannot listen on ${address} (${error.code}); choose another address with --listen`;
}
