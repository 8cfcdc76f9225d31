/** Takes the bytes of a `text/event-stream` in any cut, and gives the `data` of each event. */
export interface EventStreamReader {
  push(bytes: Uint8Array): void;
  /** The stream is over: a CR that was waiting for its LF counts as a line's end. */
  end(): void;
}

/**
 * Lines end in CR, LF or CRLF; several `data` lines join with LF; comments, other fields and events without data are
 * passed over (WHATWG HTML, 9.2.6).
 */
export function createEventStreamReader(onData: (data: string) => void): EventStreamReader {
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];

  const readLine = (line: string): void => {
    if (line === '') {
      const joined = data.join('\n');
      data = [];
      if (joined !== '') onData(joined);
      return;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'data') data.push(value ?? '');
  };

  return {
    push(bytes) {
      rest += decoder.decode(bytes, { stream: true });
      // A CR at the very end may be the first half of a CRLF, so it waits for what follows.
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      lines.forEach(readLine);
    },
    end() {
      if (rest.endsWith('\r')) readLine(rest.slice(0, -1));
    },
  };
}
