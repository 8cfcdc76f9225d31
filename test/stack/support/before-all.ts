import { existsSync } from 'node:fs';
import { binary } from './programs.ts';

/** Runs once: says what is missing before anything is started. */
export default function beforeAll(): void {
  for (const name of ['compose', 'prometheus', 'promtool', 'alertmanager', 'amtool', 'otelcol', 'jaeger']) binary(name);
  for (const name of ['helm', 'etcd', 'kube-apiserver', 'monitoring']) binary(name);
  const tempo = process.env['TEMPO_BIN'];
  if (tempo === undefined) console.log('TEMPO_BIN is not set: the tests with Tempo are left out.');
  else if (!existsSync(tempo)) throw new Error(`TEMPO_BIN names nothing: ${tempo}`);
}
