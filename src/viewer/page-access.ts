import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hostOf, isLoopbackName } from '../transport/names.ts';

export interface PageAccessOptions {
  /** Where the page listens. */
  host: string;
  port: number;
  /** Undefined: everybody who reaches the page may see it. */
  token: string | undefined;
}

export type PageAccess =
  | { kind: 'allowed' }
  /** The token was in the address: a cookie stands for it from now on. */
  | { kind: 'allowed'; cookie: string }
  | { kind: 'refused'; status: 401 | 403; why: string };

/**
 * Decides who may see the page. On loopback, Host must name this machine, so that no website can reach the page under its
 * own name (DNS rebinding). Requests of other origins are refused.
 */
export function createPageAccess({
  host,
  port,
  token,
}: PageAccessOptions): (request: IncomingMessage, url: URL) => PageAccess {
  const local = isLoopbackName(host);
  // Cookies ignore ports: the pages of one machine must not read each other's.
  const cookieName = `mcpspan_page_${port}`;
  const digest = token === undefined ? '' : digestOf(token);
  return ({ headers }, url) => {
    if (local && !isLoopbackName(hostOf(headers.host ?? ''))) {
      return {
        kind: 'refused',
        status: 403,
        why: `This page is not at '${hostOf(headers.host ?? '')}': open http://127.0.0.1:${port}`,
      };
    }
    const site = headers['sec-fetch-site'];
    const foreign =
      headers.origin !== undefined &&
      headers.origin !== `http://${headers.host}` &&
      headers.origin !== `https://${headers.host}`;
    const fromOtherSite = site === 'cross-site' || site === 'same-site';
    if (foreign || (fromOtherSite && headers['sec-fetch-mode'] !== 'navigate')) {
      return { kind: 'refused', status: 403, why: 'This page answers no other website.' };
    }
    if (token === undefined) return { kind: 'allowed' };
    const bearer = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1];
    if (bearer !== undefined && isSame(bearerText(bearer), token)) return { kind: 'allowed' };
    if (isSame(cookieOf(headers.cookie, cookieName), digest)) return { kind: 'allowed' };
    const tokenInUrl = url.searchParams.get('token');
    if (tokenInUrl !== null && isSame(tokenInUrl, token)) {
      return { kind: 'allowed', cookie: `${cookieName}=${digest}; Path=/; HttpOnly; SameSite=Strict` };
    }
    return {
      kind: 'refused',
      status: 401,
      why:
        tokenInUrl === null ? 'This page opens with its token (--page-token).' : 'This is not the token of this page.',
    };
  };
}

/** Node reads headers as Latin-1; clients write UTF-8. */
const bearerText = (bearer: string): string => Buffer.from(bearer.trim(), 'latin1').toString('utf8');

const digestOf = (text: string): string => createHash('sha256').update(`mcpspan page ${text}`).digest('hex');

/** Compares texts of any length in constant time. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(digestOf(a)), Buffer.from(digestOf(b)));

const cookieOf = (header: string | undefined, name: string): string =>
  (header ?? '')
    .split(';')
    .map((part) => part.trim().split('='))
    .find(([key]) => key === name)?.[1] ?? '';
