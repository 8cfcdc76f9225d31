import type { Measured } from './latencies.ts';
import type { FromLoad, ToLoad } from './load.ts';
import { startProgram } from './program.ts';
import type { Shape } from './shapes.ts';

/** Controls the process of the clients. Every call rejects at a wrong answer. */
export interface LoadProcess {
  pid: number;
  /** Connects, sets the connections up, and sends load for so long without measuring. */
  open(shape: Shape, port: number, warmSeconds: number): Promise<void>;
  measure(seconds: number): Promise<Measured>;
  close(): Promise<void>;
  stop(): Promise<void>;
}

export async function startLoad(): Promise<LoadProcess> {
  const program = await startProgram(process.execPath, [new URL('load.ts', import.meta.url).pathname], { ipc: true });
  const { child } = program;
  const ask = <Kind extends FromLoad['kind']>(
    message: ToLoad,
    answer: Kind,
  ): Promise<Extract<FromLoad, { kind: Kind }>> =>
    new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        child.off('message', hear);
        child.off('exit', ended);
        finish();
      };
      const hear = (reply: FromLoad): void => {
        // The kind of the value was just checked.
        if (reply.kind === answer) settle(() => resolve(reply as Extract<FromLoad, { kind: Kind }>));
        else if (reply.kind === 'failed') settle(() => reject(new Error(reply.reason)));
      };
      const ended = (): void => settle(() => reject(new Error('the load process ended')));
      child.on('message', hear);
      child.on('exit', ended);
      child.send(message);
    });
  return {
    pid: program.pid,
    open: async (shape, port, warmSeconds) => {
      await ask({ kind: 'open', shape, port, warmSeconds }, 'opened');
    },
    measure: async (seconds) => (await ask({ kind: 'measure', seconds }, 'measured')).load,
    close: async () => {
      await ask({ kind: 'close' }, 'closed');
    },
    stop: program.stop,
  };
}
