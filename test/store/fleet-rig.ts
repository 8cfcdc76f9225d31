import { Privacy } from '../../src/session/privacy.ts';
import { storeInFile } from '../../src/store/location.ts';
import type { ProcessAbout } from '../../src/store/process-row.ts';
import type { StoreReader } from '../../src/store/reader.ts';
import type { ServerStore } from '../../src/store/server-store.ts';
import { StoreFile } from '../../src/store/store-file.ts';
import { manualClock } from '../support/clock.ts';
import { startConversation, type Conversation } from '../support/conversation.ts';
import { readerOf, timersByHand } from './store-rig.ts';

const INSTANCE = 'one-process';
export const plainPrivacy = (): Privacy => new Privacy({ capture: [], hashIds: false, upstreamPath: '/mcp' });

export const aboutServer = (server: string): ProcessAbout => ({
  instance: INSTANCE,
  pid: 42,
  server,
  transport: 'http',
  version: '1.2.3',
  address: `http://127.0.0.1:4100/${server}`,
  upstream: `http://${server}.internal:3000`,
  exports: {},
  startedAt: Date.UTC(2026, 0, 1),
});

export interface Served {
  talk: Conversation;
  store: ServerStore;
}

/** A process with several servers, and one file for all of them. */
export interface Fleet extends Disposable {
  file: StoreFile;
  said: string[];
  /** How often the file was opened. */
  opened(): number;
  lost(): number;
  add(name: string, figures?: () => Record<string, number>): Served;
  pass(milliseconds: number): void;
  read<Answer>(ask: (reader: StoreReader) => Answer): Answer;
}

export function startFleet(path: string, { maxBytes = 2 ** 29, at = Date.UTC(2026, 0, 1) } = {}): Fleet {
  const clock = manualClock(at);
  const timers = timersByHand(() => clock.now());
  const said: string[] = [];
  let [lost, opened] = [0, 0];
  const location = storeInFile(path);
  const options = {
    path,
    maxBytes,
    days: 7,
    timers,
    skew: () => 0,
    say: (line: string) => void said.push(line),
    onLost: (operations: number) => void (lost += operations),
  };
  const file = new StoreFile(options, {
    path,
    open() {
      opened++;
      return location.open();
    },
  });
  return {
    file,
    said,
    opened: () => opened,
    lost: () => lost,
    add(server, figures = () => ({})) {
      const store = file.server({ server, privacy: plainPrivacy(), process: { about: aboutServer(server), figures } });
      return { store, talk: startConversation({ server, instance: INSTANCE, clock, record: store }) };
    },
    pass(milliseconds) {
      clock.advance(milliseconds);
      timers.run();
    },
    read(ask) {
      using reader = readerOf(path, () => clock.now());
      return ask(reader);
    },
    [Symbol.dispose]: () => file.close(),
  };
}
