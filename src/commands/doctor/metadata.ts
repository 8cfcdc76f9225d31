import { Agent, request } from 'undici';
import { isObject, parseJson, type JsonObject } from '../../simulator/json.ts';
import type { TlsOptions } from '../target/connections.ts';
import { obstacleOf } from '../target/reach.ts';

const PATIENCE_MS = 5_000;

/** What was found at a well-known address. */
export interface Found {
  readonly url: string;
  readonly status: number | undefined;
  readonly document: JsonObject | undefined;
  /** Why there was no answer. */
  readonly fault: string | undefined;
  /** `Access-Control-Allow-Origin`. */
  readonly allowedOrigin: string | undefined;
}

/** Reads metadata. */
export interface Metadata extends AsyncDisposable {
  /** @param origin of a page in a browser, where one asks */
  read(url: string, origin?: string): Promise<Found>;
  /** The first that is there, else the last answer. */
  first(urls: readonly string[]): Promise<Found>;
}

/** @param tls for the upstream alone: nobody else is shown the client certificate */
export function openMetadata(upstream: URL, tls: TlsOptions): Metadata {
  const own = new Agent({ connect: tls });
  const others = new Agent();
  const metadata: Metadata = {
    async read(url, origin) {
      const dispatcher = URL.parse(url)?.origin === upstream.origin ? own : others;
      try {
        const { statusCode, headers, body } = await request(url, {
          dispatcher,
          headersTimeout: PATIENCE_MS,
          bodyTimeout: PATIENCE_MS,
          ...(origin !== undefined && { headers: { origin } }),
        });
        const text = await body.text();
        const parsed = statusCode === 200 ? parseJson(text) : undefined;
        const allowed = headers['access-control-allow-origin'];
        return {
          url,
          status: statusCode,
          document: isObject(parsed) ? parsed : undefined,
          fault: undefined,
          allowedOrigin: typeof allowed === 'string' ? allowed : undefined,
        };
      } catch (error) {
        const cause = error instanceof Error ? error : new Error(String(error));
        const fault = obstacleOf(cause, new URL(url).origin).what;
        return { url, status: undefined, document: undefined, fault, allowedOrigin: undefined };
      }
    },
    async first(urls) {
      let last: Found | undefined;
      for (const url of urls) {
        last = await metadata.read(url);
        if (last.document !== undefined) return last;
      }
      if (last === undefined) throw new Error('there is no address to look at');
      return last;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([own.close(), others.close()]);
    },
  };
  return metadata;
}

/** What came in place of a document. */
export const missing = ({ status, fault }: Found): string =>
  status === undefined ? (fault ?? 'no answer') : `HTTP ${status}, or no JSON`;
