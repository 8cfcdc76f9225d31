import { join } from 'node:path';
import { getJson } from './json.ts';
import { onFreePorts } from './ports.ts';
import { answers, start, type Running } from './process.ts';
import { binary } from './programs.ts';
import { inScratch } from './scratch.ts';
import { shipped } from './shipped.ts';

export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly status: { readonly state: string };
}

export interface Alertmanager extends Running {
  /** HOST:PORT. */
  readonly address: string;
  /** Those that burn now. */
  alerts(): Promise<readonly Alert[]>;
}

/** Alertmanager, with the shipped configuration. */
export const startAlertmanager = (): Promise<Alertmanager> =>
  inScratch('alertmanager', (disk) =>
    onFreePorts(1, async (port = 0) => {
      const address = `127.0.0.1:${port}`;
      const running = await start({
        name: 'alertmanager',
        file: binary('alertmanager'),
        args: [
          `--config.file=${shipped('deploy/alertmanager.yml')}`,
          `--storage.path=${join(disk.folder, 'data')}`,
          `--web.listen-address=${address}`,
          // Alone, it needs no port to find others by.
          '--cluster.listen-address=',
        ],
        ready: () => answers(`http://${address}/-/ready`),
      });
      return { ...running, address, alerts: () => getJson<readonly Alert[]>(`http://${address}/api/v2/alerts`) };
    }),
  );
