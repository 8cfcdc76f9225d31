import type { Exchange } from './exchange.ts';
import type { Refusal } from './refusal.ts';

/** What requests are handed to as they are read. */
export interface RequestHandler {
  /** The upstream is to answer this one. It is told before any of it is passed on. */
  onRequest(exchange: Exchange): void;
  /** All of the request has been passed on. */
  onRequested(exchange: Exchange): void;
  /** It must not go on. Its answer comes when those before it have theirs. */
  onRefused(refusal: Refusal): void;
  /** Part of it has gone on, and the rest is not HTTP. */
  onBroken(exchange: Exchange, refusal: Refusal): void;
}
