import type { HttpClass } from '../observe/http-class.ts';
import type { Anomaly } from '../observe/observation.ts';
import type { Direction } from '../transport/wire/wire-event.ts';
import type { RootIds } from '../transport/trace/trace-id.ts';
import type { Journey } from './journey.ts';
import type { EndedOperation } from './operation.ts';
import type { EndReason, Session } from './session.ts';
import type { ListedTool } from './surface.ts';
import type { ToolChange } from './tool-changes.ts';

/** What a message meant. Spans, metrics and logs read these events. */
export type SessionEvent =
  | { kind: 'session-opened'; at: number; session: Session }
  | { kind: 'segment-opened'; at: number; session: Session; previous: RootIds }
  | { kind: 'operation-ended'; operation: EndedOperation }
  /** The session's first tool call. */
  | { kind: 'session-used'; at: number; session: Session }
  /** @property counted this is the session's first end, in the process that opened it. */
  | { kind: 'session-ended'; at: number; session: Session; reason: EndReason; counted: boolean }
  | { kind: 'handshake-avoidable'; clientLabel: string }
  | { kind: 'notified'; method: string; direction: Direction; clientLabel: string }
  | { kind: 'cancelled'; method: string; clientLabel: string }
  /** mcpspan goes down and waits for the answer no longer. The operation ends as cancelled. */
  | { kind: 'cut-off'; method: string; target: string | undefined; clientLabel: string }
  | { kind: 'http-rejected'; status: number; method: string | undefined; clientLabel: string }
  /** Any request that was answered; `refused`: mcpspan itself refused it. */
  | { kind: 'http-exchange'; httpClass: HttpClass | 'refused'; status: number }
  /** mcpspan itself refused a request. @property isNew it is the first for this reason */
  | { kind: 'refused'; at: number; status: number; text: string; isNew: boolean }
  | { kind: 'stream-opened'; stream: StreamKind; clientLabel: string }
  | { kind: 'stream-closed'; stream: StreamKind; clientLabel: string; seconds: number }
  | { kind: 'forwarded'; delaySeconds: number }
  | { kind: 'client-seen'; at: number; clientLabel: string }
  | { kind: 'client-changed'; at: number; clientLabel: string; what: ClientTrait; before: string; after: string }
  /** An attempt to connect, worth telling of, got further. It goes on to change. */
  | { kind: 'journey-changed'; at: number; journey: Journey }
  /** An attempt to connect is over. If it is not `told`, it is only counted. */
  | { kind: 'journey-ended'; at: number; journey: Journey }
  /** The tools on a page of `tools/list`. Emitted only when asked for, and once a minute for the same page. */
  | { kind: 'tools-listed'; at: number; tools: readonly ListedTool[] }
  /** What is offered differs from what was offered before, for certain. Emitted only when `tools-listed` is. */
  | { kind: 'tools-changed'; at: number; changes: readonly ToolChange[] }
  /** Something keeps mcpspan from seeing the server as it is. Reported once of each kind, for people. */
  | { kind: 'notice'; at: number; what: NoticeKind; detail: string }
  | { kind: 'anomaly'; what: Anomaly | 'lost' | 'observer-fault' | 'server-spans-dropped' | 'tools-not-followed' };

export type StreamKind = 'get' | 'listen';
/** What keeps mcpspan from seeing a server as it is. */
export type NoticeKind = 'answers-unmatched' | 'endpoint-elsewhere';
export type ClientTrait = 'verdict' | 'version' | 'protocol' | 'discovery' | 'delete';

export type EventSink = (event: SessionEvent) => void;
