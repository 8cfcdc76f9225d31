import { vi } from 'vitest';
import { doctor } from '../../../src/commands/doctor/doctor.ts';
import { parseConfig } from '../../../src/settings/config.ts';
import type { DoctorConfig } from '../../../src/settings/doctor-config.ts';
import type { Environment } from '../../../src/settings/signals.ts';

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

/** Examines with nothing but what is given; the SDK reads `env` from the process. */
export async function runDoctor({
  upstream,
  env = {},
  ...options
}: Partial<Omit<DoctorConfig, 'upstream'>> & { upstream?: string; env?: Environment } = {}): Promise<Examined> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  let text = '';
  const told: string[] = [];
  const flags = [
    '--listen',
    '127.0.0.1:0',
    '--page',
    'off',
    '--store',
    'off',
    '--store-max-mb',
    '1',
    '--timeout',
    '20',
  ];
  const named = upstream === undefined ? [] : ['--upstream', upstream];
  const parsed = parseConfig(['doctor', ...flags, ...named, '--json'], {});
  if (!parsed.ok || parsed.command !== 'doctor') throw new Error('these arguments run the doctor');
  const config = { ...parsed.config, ...options };
  try {
    const code = await doctor(config, {
      print: (part) => void (text += part),
      tell: (line) => void told.push(line),
      progress: () => undefined,
      colours: false,
      stopped: new Promise(() => undefined),
      env,
    });
    // What the command documents.
    const { checks } = (config.json && text !== '' ? JSON.parse(text) : { checks: [] }) as { checks: Line[] };
    return { code, text, told, checks, about: (what) => checks.filter((check) => check.what === what) };
  } finally {
    vi.unstubAllEnvs();
  }
}
