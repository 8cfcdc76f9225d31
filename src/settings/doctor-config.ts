import { belongs, type SettingsOf } from './command-settings.ts';
import { readSettings, type SettingsSource, type UnreadFile } from './read-settings.ts';
import type { SamplerSetting } from '../transport/trace/sampling.ts';
import { readTelemetry } from './signals.ts';
import { storePath } from './store-path.ts';
import { checkTls } from './tls-settings.ts';

export interface DoctorConfig extends Omit<SettingsOf<'doctor'>, 'config' | 'store'> {
  store: string | undefined;
  sampler: SamplerSetting;
  /** Its servers are looked at; undefined: none was named. */
  file: UnreadFile | undefined;
}

/** Reads what `mcpspan doctor` is to look at. Problems are in the source afterwards. */
export function readDoctorConfig({ given, env, problems, ...source }: SettingsSource): DoctorConfig {
  const { store, config: named, ...settings } = readSettings('doctor', { ...source, given, env, problems });
  // A server on this command line is meant, whatever a variable says.
  const isMeant = named !== undefined && (given.has('config') || !given.has('upstream'));
  const forProxy = new Map([...given].filter(([name]) => belongs(name, 'http')));
  const file = isMeant ? { file: named, source: { given: forProxy, env }, problems: [] } : undefined;
  if (file === undefined) checkTls(settings, problems);
  // The doctor itself reports problems with OTEL_*.
  const { sampler } = readTelemetry(env, []);
  return { ...settings, store: storePath(store, env), sampler, file };
}
