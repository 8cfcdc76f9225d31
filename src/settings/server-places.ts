import { addressText, type Address, isWildcard } from '../transport/names.ts';
import type { FileProblem } from './config-document.ts';
import { Problem } from './option-kinds.ts';
import type { ServerConfig } from './server-config.ts';

/** Where requests find a server, and what its problems call it. */
export interface ServerPlace extends Pick<ServerConfig, 'name' | 'listen' | 'host' | 'path'> {
  /** `servers[1]`. */
  label: string;
  line: number;
}

/** An address that the process needs for something else, such as the page. */
export interface TakenAddress {
  /** What problems call it. */
  what: string;
  address: Address;
}

/** Reads the name by which requests find a server: a host without scheme and port. */
export function parseHost(text: string): string | Problem {
  if (text.includes('://')) return new Problem(`'${text}' is a URL: write its host alone, such as docs.example.com`);
  const parsed = URL.parse(`http://${text}`);
  if (parsed === null || !/^[^/?#@\\]+$/.test(text) || !/^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(parsed.hostname))
    return new Problem(`'${text}' is no host name, for example docs.example.com`);
  const host = parsed.hostname.replace(/\.$/, '');
  return /:\d*$/.test(text)
    ? new Problem(`'${text}' has a port, and requests for every port are meant: write ${host}`)
    : host;
}

/** Reads how the paths of a server's requests begin. */
export function parsePath(text: string): string | Problem {
  if (text === '/') return new Problem("'/' is every path: leave it out, or name a path such as /quiz");
  if (!text.startsWith('/')) return new Problem(`'${text}' does not begin with a slash: write a path such as /quiz`);
  if (/[?#]/.test(text)) return new Problem(`'${text}' has a query or a fragment: write the path alone`);
  if (text.endsWith('/'))
    return new Problem(`'${text}' ends with a slash: write ${text.replace(/\/+$/, '') || '/quiz'}`);
  if (!/^(\/[A-Za-z0-9._~!$&'()*+,;=:@-]+)+$/.test(text) || /\/\.\.?(\/|$)/.test(text))
    return new Problem(`'${text}' is no plain path: use letters, digits, - . _ ~ between single slashes`);
  if (/^\/\.well-known(\/|$)/.test(text))
    return new Problem(`'${text}' is where metadata of every server are: choose another path`);
  return text;
}

/** Names that two servers share. */
export function nameProblems(named: readonly Pick<ServerPlace, 'label' | 'line' | 'name'>[]): FileProblem[] {
  const found: FileProblem[] = [];
  const labels = new Map<string, string>();
  for (const { label, line, name } of named) {
    const namesake = labels.get(name);
    if (namesake !== undefined)
      found.push({ line, text: `${label} has the name of ${namesake}, '${name}': give it a name of its own` });
    labels.set(name, namesake ?? label);
  }
  return found;
}

/** Requests that would find two servers or none. */
export function placeProblems(places: readonly ServerPlace[]): FileProblem[] {
  const found: FileProblem[] = [];
  const ways = new Map<string, ServerPlace>();
  for (const place of places) {
    const { label, line, listen, host, path } = place;
    const way = [addressText(listen), host ?? '', path ?? ''].join(' ');
    const rival = ways.get(way);
    if (rival !== undefined)
      found.push({
        line,
        text: `${label} would be found by the requests that find ${rival.label} (${wordsOf(place)}): give one of them another path, host or listen`,
      });
    ways.set(way, rival ?? place);
  }
  return found;
}

/** Addresses on which two listeners cannot be at the same time. */
export function addressProblems(places: readonly ServerPlace[], taken: readonly TakenAddress[]): FileProblem[] {
  const found: FileProblem[] = [];
  const seen: { label: string; address: Address; line: number | undefined }[] = [];
  for (const { what, address } of taken) {
    const other = seen.find((each) => collide(each.address, address));
    if (other !== undefined)
      found.push({
        line: undefined,
        text: `${what} and ${other.label} are both at ${addressText(address)}: move one of them`,
      });
    seen.push({ label: what, address, line: undefined });
  }
  for (const { label, line, listen } of places) {
    if (seen.some((each) => each.line !== undefined && addressText(each.address) === addressText(listen))) continue;
    const other = seen.find((each) => collide(each.address, listen));
    if (other !== undefined)
      found.push({
        line,
        text: `${label} listens on ${addressText(listen)}, where ${other.label} is (${addressText(other.address)}): choose another listen`,
      });
    seen.push({ label, address: listen, line });
  }
  return found;
}

/** `all at 127.0.0.1:4100`, or `path /quiz at 127.0.0.1:4100`. */
function wordsOf({ host, path, listen }: ServerPlace): string {
  const how = [...(host === undefined ? [] : [`host ${host}`]), ...(path === undefined ? [] : [`path ${path}`])];
  return `${how.length === 0 ? 'all' : how.join(' and ')} at ${addressText(listen)}`;
}

const hostKey = (host: string): string => (host.toLowerCase() === 'localhost' ? '127.0.0.1' : host.toLowerCase());

/** Port 0 is a free one, whoever asks. */
const collide = (one: Address, other: Address): boolean =>
  one.port === other.port &&
  one.port !== 0 &&
  (hostKey(one.host) === hostKey(other.host) || isWildcard(one.host) || isWildcard(other.host));
