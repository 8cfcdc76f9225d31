import { SeverityNumber, type Attributes, type Logger } from '@opentelemetry/api';
import { isDangerous } from '../session/contract-change.ts';
import type { SessionEvent } from '../session/event.ts';
import { hasReached } from '../session/journey.ts';
import { endAttributes } from './journey-spans.ts';
import { logSentence, type EventName } from './log-words.ts';
import { ATTR, EVENT } from './semconv.ts';

export type LogEvent = (eventName: EventName, attributes: Attributes, severity?: SeverityNumber) => void;

/** Low-volume events, as OTLP logs. The body of each says it in a sentence. */
/** @param further attributes of each */
export function createLogEvents(logger: Logger, server: string, further: Attributes = {}): LogEvent {
  return (eventName, attributes, severity = SeverityNumber.INFO) => {
    const all = { [ATTR.server]: server, ...further, ...attributes };
    logger.emit({
      eventName,
      severityNumber: severity,
      severityText: SeverityNumber[severity],
      body: logSentence(eventName, all),
      attributes: all,
    });
  };
}

const MAX_CHANGES_AT_ONCE = 100;

/** Logs new facts about clients and tools, and attempts to connect that stopped. */
export function createLogSink(log: LogEvent): (event: SessionEvent) => void {
  return (event) => {
    if (event.kind === 'client-seen') {
      log(EVENT.clientSeen, { [ATTR.client]: event.clientLabel });
    } else if (event.kind === 'client-changed') {
      const { clientLabel, what, before, after } = event;
      log(
        EVENT.clientChanged,
        { [ATTR.client]: clientLabel, [ATTR.trait]: what, [ATTR.before]: before, [ATTR.after]: after },
        SeverityNumber.WARN,
      );
    } else if (event.kind === 'tools-changed') {
      // A server may change all of its tools at once; the metric has each.
      for (const { tool, kinds } of event.changes.slice(0, MAX_CHANGES_AT_ONCE)) {
        const severity = kinds.some(isDangerous) ? SeverityNumber.WARN : SeverityNumber.INFO;
        log(EVENT.toolsChanged, { [ATTR.toolName]: tool, [ATTR.changes]: [...kinds] }, severity);
      }
    } else if (event.kind === 'journey-ended' && event.journey.told && event.journey.state === 'stopped') {
      const { journey } = event;
      const shookHands = hasReached(journey, 'handshake');
      log(EVENT.connectStopped, endAttributes(journey), shookHands ? SeverityNumber.INFO : SeverityNumber.WARN);
    }
  };
}
