#!/usr/bin/env node
import { parseConfig, type ProxyConfig } from './config.ts';
import { help } from './help.ts';
import { authority, startProxy } from './proxy.ts';
import { SIGNAL_NAMES } from './signals.ts';
import { version } from './version.ts';

// Whoever reads what we say may go away; the traffic does not end with that.
process.stderr.on('error', () => undefined);
process.stdout.on('error', () => undefined);

/** Where lines for people go: stdout belongs to what a command was asked for. */
const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Resolves with the exit code: 0 fine, 2 wrong use. */
async function run(argv: readonly string[]): Promise<number> {
  const parsed = parseConfig(argv, process.env);
  if (!parsed.ok) {
    for (const problem of parsed.problems) tell(`mcpspan: ${problem}`);
    return 2;
  }
  switch (parsed.command) {
    case 'help':
    case 'help-all':
      process.stdout.write(help(parsed.command === 'help-all'));
      return 0;
    case 'version':
      process.stdout.write(`${version}\n`);
      return 0;
    case 'proxy':
      return serve(parsed.config);
    case 'demo': {
      const { demo } = await import('./commands/demo.ts');
      return demo(parsed.config, { tell, stopped: stopSignal() });
    }
  }
}

async function serve(config: ProxyConfig): Promise<number> {
  const stopped = stopSignal();
  const proxy = await startProxy(config, { say: (line) => tell(`mcpspan: ${line}`) });
  tell(`mcpspan ${version}`);
  tell(`  clients   ${proxy.url}`);
  tell(`  upstream  ${config.upstream.origin}`);
  for (const name of SIGNAL_NAMES) tell(`  ${name.padEnd(8)}  ${config.signals[name]?.target ?? 'off'}`);
  if (SIGNAL_NAMES.every((name) => config.signals[name] === undefined)) {
    tell('  nothing leaves this machine; set OTEL_EXPORTER_OTLP_ENDPOINT to export');
  }
  if (proxy.healthPort !== undefined && config.health !== undefined)
    tell(`  health    http://${authority(config.health.host, proxy.healthPort)}/readyz`);
  await stopped;
  await proxy.stop();
  return 0;
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
