import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { hostOf, isLoopbackName } from '../transport/names.ts';

export interface GuardOptions {
  /** Where the page listens. */
  host: string;
  port: number;
  /** Undefined: whoever reaches the page may see it. */
  token: string | undefined;
}

export type Admitted =
  | { kind: 'come in' }
  /** The token came in the address: a cookie stands for it from now on. */
  | { kind: 'come in'; cookie: string }
  | { kind: 'stay out'; status: 401 | 403; why: string };

/**
 * Who may see the page. On loopback only names of this machine are accepted in Host, so that no web page can reach it by a
 * name of its own (DNS rebinding); nothing is answered to another origin.
 */
export function createGuard({ host, port, token }: GuardOptions): (request: IncomingMessage, url: URL) => Admitted {
  const local = isLoopbackName(host);
  // Cookies know no ports: several pages of one machine must not take each other's.
  const cookieName = `mcpspan_page_${port}`;
  const digest = token === undefined ? '' : digestOf(token);
  return ({ headers }, url) => {
    if (local && !isLoopbackName(hostOf(headers.host ?? ''))) {
      return {
        kind: 'stay out',
        status: 403,
        why: `This page is not at '${hostOf(headers.host ?? '')}': open http://127.0.0.1:${port}`,
      };
    }
    const site = headers['sec-fetch-site'];
    const foreign =
      headers.origin !== undefined &&
      headers.origin !== `http://${headers.host}` &&
      headers.origin !== `https://${headers.host}`;
    const asked = site === 'cross-site' || site === 'same-site';
    if (foreign || (asked && headers['sec-fetch-mode'] !== 'navigate')) {
      return { kind: 'stay out', status: 403, why: 'This page answers no other page.' };
    }
    if (token === undefined) return { kind: 'come in' };
    const bearer = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1];
    if (bearer !== undefined && isSame(bearerText(bearer), token)) return { kind: 'come in' };
    if (isSame(cookieOf(headers.cookie, cookieName), digest)) return { kind: 'come in' };
    const given = url.searchParams.get('token');
    if (given !== null && isSame(given, token)) {
      return { kind: 'come in', cookie: `${cookieName}=${digest}; Path=/; HttpOnly; SameSite=Strict` };
    }
    return {
      kind: 'stay out',
      status: 401,
      why: given === null ? 'This page opens with its token (--page-token).' : 'That is not the token of this page.',
    };
  };
}

/** Header fields are Latin-1 here, and UTF-8 where they were written. */
const bearerText = (bearer: string): string => Buffer.from(bearer.trim(), 'latin1').toString('utf8');

const digestOf = (text: string): string => createHash('sha256').update(`mcpspan page ${text}`).digest('hex');

/** Both of any length. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(digestOf(a)), Buffer.from(digestOf(b)));

const cookieOf = (header: string | undefined, name: string): string =>
  (header ?? '')
    .split(';')
    .map((part) => part.trim().split('='))
    .find(([key]) => key === name)?.[1] ?? '';
