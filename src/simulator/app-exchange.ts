import type { IncomingHttpHeaders } from 'node:http';

/** One HTTP request. */
export interface AppRequest {
  readonly method: string;
  /** The path, without its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Undefined: too large to be read. */
  readonly body: string | undefined;
}

/** Takes the answer: the head first, then the body in any number of pieces. */
export interface AppResponse {
  head(status: number, headers: Readonly<Record<string, string>>): void;
  write(text: string): void;
  end(text?: string): void;
  /** Calls the listener when the exchange is over, whichever side ended it. */
  onClosed(listener: () => void): void;
}
