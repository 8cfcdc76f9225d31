type Headers = Readonly<Record<string, string>>;

/** A client that says exactly what a test wants said. */
export interface Speaker {
  /** Undefined before `open`, and when the server gave none. */
  readonly sessionId: string | undefined;
  /** Sends a message or a batch, with the session's header once it has one. Resolves when the whole answer is there. */
  send(message: object, headers?: Headers): Promise<{ status: number; text: string; sessionId: string | undefined }>;
  /** The handshake of the legacy era. Resolves with the HTTP status of the answer to `initialize`. */
  open(headers?: Headers): Promise<number>;
  /** Resolves with the HTTP status. */
  call(tool: string, extra?: { meta?: object; headers?: Headers }): Promise<number>;
  /** Opens the standing stream; resolves when its head has come. */
  listen(headers?: Headers): Promise<{ ended: Promise<unknown>; close(): Promise<void> }>;
  /** DELETE; resolves with the HTTP status. */
  end(): Promise<number>;
}

/** @param always headers of every request: who speaks, and what stands between it and us. */
export function speakTo(url: string, client: { name: string; version: string }, always: Headers = {}): Speaker {
  let sessionId: string | undefined;
  let lastId = 0;
  const headersFor = (more: Headers): Record<string, string> => ({
    accept: 'application/json, text/event-stream',
    ...(sessionId !== undefined && { 'mcp-session-id': sessionId }),
    ...always,
    ...more,
  });
  const speaker: Speaker = {
    get sessionId() {
      return sessionId;
    },
    async send(message, headers = {}) {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headersFor(headers) },
        body: JSON.stringify(Array.isArray(message) ? message : { jsonrpc: '2.0', ...message }),
      });
      const id = answer.headers.get('mcp-session-id') ?? undefined;
      return { status: answer.status, text: await answer.text(), sessionId: id };
    },
    async open(headers = {}) {
      const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: client };
      const answer = await speaker.send({ id: lastId++, method: 'initialize', params }, headers);
      if (answer.status !== 200) return answer.status;
      sessionId = answer.sessionId;
      await speaker.send({ method: 'notifications/initialized' }, headers);
      return answer.status;
    },
    async call(tool, { meta, headers } = {}) {
      const params = { name: tool, arguments: {}, ...(meta !== undefined && { _meta: meta }) };
      return (await speaker.send({ id: lastId++, method: 'tools/call', params }, headers)).status;
    },
    async listen(headers = {}) {
      const stop = new AbortController();
      const answer = await fetch(url, { headers: headersFor(headers), signal: stop.signal });
      const over = answer.text().catch(() => 'broken off');
      return {
        ended: over,
        async close() {
          stop.abort();
          await over;
        },
      };
    },
    async end() {
      const answer = await fetch(url, { method: 'DELETE', headers: headersFor({}) });
      await answer.text();
      return answer.status;
    },
  };
  return speaker;
}
