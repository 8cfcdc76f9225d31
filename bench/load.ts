import { Connection } from './connection.ts';
import { Latencies, type Measured } from './latencies.ts';
import type { Shape } from './shapes.ts';

/*
 * The clients, in a separate process that takes commands over IPC: `open` connects and warms up, `measure` takes the
 * figures, `close` ends the connections. Any wrong answer ends the process.
 */

export type ToLoad =
  | { kind: 'open'; shape: Shape; port: number; warmSeconds: number }
  | { kind: 'measure'; seconds: number }
  | { kind: 'close' };

export type FromLoad =
  | { kind: 'opened' }
  | { kind: 'measured'; load: Measured }
  | { kind: 'closed' }
  | { kind: 'failed'; reason: string };

let connections: Connection[] = [];
let shape: Shape | undefined;

const tell = (message: FromLoad): void => {
  process.send?.(message);
};

const fail = (error: Error): void => {
  tell({ kind: 'failed', reason: error.message });
  closeAll();
};

function closeAll(): void {
  for (const connection of connections) connection.close();
  connections = [];
}

async function obey(message: ToLoad): Promise<void> {
  switch (message.kind) {
    case 'open': {
      closeAll();
      const { port, shape: chosen, warmSeconds } = message;
      shape = chosen;
      connections = Array.from({ length: chosen.connections }, () => new Connection(port, chosen, fail));
      await Promise.all(connections.map((connection) => connection.say(chosen.setup)));
      if (warmSeconds > 0) await play(chosen, warmSeconds);
      tell({ kind: 'opened' });
      break;
    }
    case 'measure':
      if (shape !== undefined) tell({ kind: 'measured', load: await play(shape, message.seconds) });
      break;
    case 'close':
      closeAll();
      tell({ kind: 'closed' });
      break;
  }
}

function play(of: Shape, seconds: number): Promise<Measured> {
  if (of.idle === true) return stand();
  return of.rate === undefined ? press(seconds) : pace(of.rate, seconds);
}

/** Closed loop: each connection sends its next request when the last one is answered. */
function press(seconds: number): Promise<Measured> {
  return new Promise((resolve) => {
    const latencies = new Latencies();
    const from = performance.now();
    const until = from + seconds * 1_000;
    let busy = connections.length;
    const onAnswered = (connection: Connection): void => {
      const at = performance.now();
      latencies.add(at - connection.sentAt);
      if (at < until) connection.send(onAnswered);
      else if (--busy === 0) resolve(latencies.summary(at - from));
    };
    for (const connection of connections) connection.send(onAnswered);
  });
}

/**
 * Sends so many requests a second, however fast the answers are. A request that finds no free connection waits for one,
 * and its waiting counts.
 */
function pace(rate: number, seconds: number): Promise<Measured> {
  return new Promise((resolve) => {
    const latencies = new Latencies();
    const free = [...connections];
    const waiting: number[] = [];
    const from = performance.now();
    const all = Math.round(rate * seconds);
    const due = (index: number): number => from + (index * 1_000) / rate;
    let sent = 0;
    const send = (connection: Connection, since: number | undefined): void => {
      connection.send((answered) => {
        const at = performance.now();
        latencies.add(at - (since ?? answered.sentAt));
        const next = waiting.shift();
        if (next !== undefined) send(answered, next);
        else if (free.push(answered) === connections.length && sent === all) resolve(latencies.summary(at - from));
      });
    };
    const tick = (): void => {
      const at = performance.now();
      for (; sent < all && due(sent) <= at; sent++) {
        const connection = free.shift();
        if (connection === undefined) waiting.push(due(sent));
        else send(connection, undefined);
      }
      if (sent < all) setTimeout(tick, 1);
    };
    tick();
  });
}

/** Standing streams: they are opened and left open. */
async function stand(): Promise<Measured> {
  const latencies = new Latencies();
  const from = performance.now();
  const opened = (connection: Connection): Promise<void> =>
    new Promise((resolve) => {
      connection.send(() => {
        latencies.add(performance.now() - connection.sentAt);
        resolve();
      });
    });
  await Promise.all(connections.map(opened));
  return latencies.summary(performance.now() - from);
}

process.on('message', (message: ToLoad) => {
  obey(message).catch(fail);
});
process.on('disconnect', () => process.exit(0));
