import { SeverityNumber, type Attributes, type Logger } from '@opentelemetry/api';
import type { SessionEvent } from '../session/event.ts';
import { ATTR, EVENT } from './semconv.ts';

export type LogEvent = (eventName: string, attributes: Attributes, severity?: SeverityNumber) => void;

/** Low-volume events, as OTLP logs. */
export function createLogEvents(logger: Logger, server: string): LogEvent {
  return (eventName, attributes, severity = SeverityNumber.INFO) => {
    logger.emit({
      eventName,
      severityNumber: severity,
      severityText: SeverityNumber[severity],
      attributes: { [ATTR.server]: server, ...attributes },
    });
  };
}

/** Logs new facts about clients. */
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
    }
  };
}
