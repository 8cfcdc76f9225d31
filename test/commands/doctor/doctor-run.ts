import { vi } from 'vitest';
import { doctor, type DoctorConfig } from '../../../src/commands/doctor/doctor.ts';
import { parseConfig, type ProxyConfig } from '../../../src/settings/config.ts';

export interface Line {
  readonly section: string;
  readonly what: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly found: string;
  readonly cure: string | null;
}

export interface Examined {
  readonly code: number;
  readonly text: string;
  readonly told: readonly string[];
  readonly checks: readonly Line[];
  /** The lines about one thing. */
  about(what: string): readonly Line[];
}

function configFor(upstream: string, started: Partial<ProxyConfig>): ProxyConfig {
  const parsed = parseConfig(['--upstream', upstream, '--store', 'off'], {});
  if (!parsed.ok || parsed.command !== 'proxy') throw new Error('these arguments run the proxy');
  return { ...parsed.config, ...started };
}

/**
 * Examines with nothing but what is given; the SDK reads `env` from the process.
 * @param options `started`: how the proxy would be
 */
export async function runDoctor(
  options: Partial<Omit<DoctorConfig, 'proxy'>> & { upstream?: string; started?: Partial<ProxyConfig> } = {},
): Promise<Examined> {
  const { upstream, started = {}, env = {}, ...rest } = options;
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  let text = '';
  const told: string[] = [];
  const config: DoctorConfig = {
    proxy: upstream === undefined ? undefined : configFor(upstream, started),
    listen: { host: '127.0.0.1', port: 0 },
    page: undefined,
    health: undefined,
    store: undefined,
    storeMaxMb: 1,
    headers: [],
    timeoutSeconds: 20,
    json: true,
    ...rest,
    env,
  };
  try {
    const code = await doctor(config, {
      print: (part) => void (text += part),
      tell: (line) => void told.push(line),
      progress: () => undefined,
      colours: false,
      stopped: new Promise(() => undefined),
    });
    // What the command documents.
    const { checks } = (config.json && text !== '' ? JSON.parse(text) : { checks: [] }) as { checks: Line[] };
    return { code, text, told, checks, about: (what) => checks.filter((check) => check.what === what) };
  } finally {
    vi.unstubAllEnvs();
  }
}
