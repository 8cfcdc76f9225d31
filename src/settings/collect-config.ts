import { isLoopbackName } from '../transport/names.ts';
import type { SettingsOf } from './command-settings.ts';
import { checkPage } from './page-address.ts';
import { readSettings, type SettingsSource } from './read-settings.ts';
import { readTelemetry, type Telemetry } from './signals.ts';
import { storePath } from './store-path.ts';

export interface CollectConfig extends Omit<SettingsOf<'collect'>, 'store'>, Telemetry {
  /** Path of the store; undefined: there is none. */
  store: string | undefined;
}

/** Reads the settings of `mcpspan collect`. Undefined: there are problems. */
export function collectConfig(source: SettingsSource): CollectConfig | undefined {
  const { env, problems } = source;
  const { store, ...settings } = readSettings('collect', source);
  checkPage(settings, problems);
  const telemetry = readTelemetry(env, problems);
  const { host } = settings.otlp;
  if (!isLoopbackName(host) && settings['otlp-token'] === undefined)
    problems.push(`--otlp ${host} can be reached from elsewhere: give --otlp-token TOKEN too, or listen on 127.0.0.1`);
  return problems.length > 0 ? undefined : { ...settings, ...telemetry, store: storePath(store, env) };
}
