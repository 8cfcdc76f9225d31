import { randomUUID } from 'node:crypto';
import { openExports } from '../observer/exports.ts';
import { openRecord } from '../observer/record.ts';
import type { ObserverData } from '../observer/setup.ts';
import type { CollectConfig } from '../settings/collect-config.ts';
import { DEFAULTS } from '../settings/command-settings.ts';
import { withinMemory } from '../settings/memory-bounds.ts';
import { isExporting } from '../settings/signals.ts';
import { startLines } from '../settings/start-lines.ts';
import { SelfCounters } from '../telemetry/self.ts';
import { now } from '../transport/clock.ts';
import { startHealth } from '../transport/http/health.ts';
import { addressText } from '../transport/names.ts';
import { version } from '../version.ts';
import { openPage } from '../viewer/open-page.ts';
import { CollectedServers, collectedSettings } from './collected-servers.ts';
import { Intake } from './intake.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';

export interface CollectSurroundings {
  /** Prints a line for people. */
  tell(line: string): void;
  /** Resolves when it has to end. */
  stopped: Promise<void>;
  /** Milliseconds since the epoch. */
  wallClock(): number;
}

const SWEEP_EVERY_MS = 500;
const FLUSH_MS = 3_000;

/**
 * `mcpspan collect`: receives spans that servers and gateways make of MCP, and makes of them what a proxy makes of
 * traffic. It passes nothing on, and nobody waits for it. Resolves with the exit code; rejects when it cannot listen.
 */
export async function collect(
  wanted: CollectConfig,
  { tell, stopped, wallClock }: CollectSurroundings,
): Promise<number> {
  const say = (line: string): void => tell(`mcpspan: ${line}`);
  const own = { ...DEFAULTS, ...wanted, name: wanted.name ?? 'mcpspan' };
  const memory = withinMemory(own, process.constrainedMemory());
  const config = memory.settings;
  if (memory.spoolLowered !== undefined && isExporting(config.signals)) say(memory.spoolLowered);
  const self = new SelfCounters();
  const data: ObserverData = {
    rings: [],
    selfCounters: self.memory,
    instance: randomUUID(),
    version,
    serviceName: 'mcpspan',
    serviceNameWins: false,
    notice: undefined,
    settings: config,
    servers: [],
    restarted: 0,
  };
  // The times of spans are those of wall clocks already.
  const skew = (): number => 0;
  const exports = await openExports(data, { self, say, wallClock });
  const record = await openRecord(data, {
    skew,
    say,
    onLost: (operations) => self.add('operationsNotStored', operations),
    startedAt: wallClock(),
    figures: () => ({ ...self.all(), ...exports.figures() }),
  });
  exports.observeSelf({ copiesDropped: () => 0, hasStore: record !== undefined });
  const address = (port: number): string => `http://${addressText({ host: config.otlp.host, port })}/v1/traces`;
  const { instance } = data;
  let faults = 0;
  const servers = new CollectedServers({
    shared: { settings: config, instance, exports, record, self, relays: 1, skew, say, onCutOff: () => undefined },
    settings: collectedSettings(config),
    unnamed: config.name,
    address: address(config.otlp.port),
    onFault: (error) => {
      faults++;
      if (faults === 1)
        say(`a span could not be read (${error instanceof Error ? (error.stack ?? error.message) : String(error)})`);
    },
    onFolded: () => self.add('labelsFolded'),
  });
  const intake = new Intake({ now, count: exports.countCollected, take: (call) => servers.take(call, now()) });
  const receiver = await startOtlpReceiver({
    listen: config.otlp,
    token: config['otlp-token'],
    take: (spans) => intake.take(spans),
    isFull: () => intake.isFull,
    onRefused: () => undefined,
  });
  const sweeper = setInterval(() => {
    intake.due();
    servers.sweep(now());
  }, SWEEP_EVERY_MS);
  const health = config.health && (await startHealth(config.health, () => true));
  const page = await openPage(record?.readBy, config, { say, wallClock });

  tell(`mcpspan ${version}`);
  tell(`  spans     ${address(receiver.port)}`);
  for (const line of startLines(config, page?.url)) tell(`  ${line}`);

  await stopped;
  await receiver.close();
  clearInterval(sweeper);
  intake.all();
  servers.close(now());
  page?.close();
  record?.close();
  await exports.shutdown(FLUSH_MS);
  health?.close();
  return 0;
}
