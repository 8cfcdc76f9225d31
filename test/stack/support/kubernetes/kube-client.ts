import { request } from 'node:https';

/** An object of Kubernetes, of whatever kind. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

export interface Applied {
  readonly object: KubeObject;
  /** What the apiserver says about it, such as a violation of a Pod Security level that it only warns of. */
  readonly warnings: readonly string[];
}

export interface KubeAddress {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly warnings: readonly string[];
}

/** A refusal of the apiserver, with its reason. */
export class KubeError extends Error {
  readonly status: number;
  constructor(what: string, { status, text }: Answer) {
    super(`${what}: ${status} ${messageOf(text)}`);
    this.status = status;
  }
}

const messageOf = (text: string): string => {
  try {
    // A Status, as the apiserver answers; another program's error page is shown as it is.
    const { message }: { message?: unknown } = JSON.parse(text);
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
};

/** `networkpolicies` for `NetworkPolicy`. */
const pluralOf = (kind: string): string => kind.toLowerCase().replace(/y$/, 'ie').replace(/ss$/, 'sse').concat('s');

/** Kinds of no namespace that the tests use. */
const CLUSTER_WIDE = ['Namespace', 'Node', 'CustomResourceDefinition'];

/** Asks an apiserver, one request at a time for each call. */
export class KubeClient {
  readonly #at: KubeAddress;

  constructor(at: KubeAddress) {
    this.#at = at;
  }

  /** Path of an object, or of all of a kind when `name` is empty. */
  pathOf(apiVersion: string, kind: string, namespace = 'default', name = ''): string {
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const within = CLUSTER_WIDE.includes(kind) ? '' : `/namespaces/${namespace}`;
    return `${base}${within}/${pluralOf(kind)}${name === '' ? '' : `/${name}`}`;
  }

  /** Server-side apply; unknown and doubled fields are errors. @throws KubeError */
  async apply(object: KubeObject, namespace?: string, dryRun = false): Promise<Applied> {
    const query = `?fieldManager=test&force=true&fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`;
    const { apiVersion, kind, metadata } = object;
    const path = this.pathOf(apiVersion, kind, metadata.namespace ?? namespace, metadata.name) + query;
    const answer = await this.#ask('PATCH', path, JSON.stringify(object), 'application/apply-patch+yaml');
    if (answer.status >= 300) throw new KubeError(`${kind} ${metadata.name}`, answer);
    return { object: JSON.parse(answer.text), warnings: answer.warnings };
  }

  /** A merge patch. @throws KubeError */
  async patch(path: string, change: unknown): Promise<void> {
    const answer = await this.#ask('PATCH', path, JSON.stringify(change), 'application/merge-patch+json');
    if (answer.status >= 300) throw new KubeError(path, answer);
  }

  /** Undefined where there is none. @throws KubeError */
  async get<Found>(path: string): Promise<Found | undefined> {
    const answer = await this.#ask('GET', path);
    if (answer.status === 404) return undefined;
    if (answer.status >= 300) throw new KubeError(path, answer);
    return JSON.parse(answer.text);
  }

  async text(path: string): Promise<string> {
    return (await this.#ask('GET', path)).text;
  }

  /** @throws KubeError */
  async delete(path: string, options: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const answer = await this.#ask('DELETE', path, JSON.stringify(options), 'application/json');
    if (answer.status >= 300 && answer.status !== 404) throw new KubeError(path, answer);
  }

  #ask(method: string, path: string, body?: string, type = 'application/json'): Promise<Answer> {
    const { url, ca, token } = this.#at;
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': type }) };
      const asked = request(url + path, { method, ca, headers, agent: false, timeout: 30_000 }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        answer.once('error', reject).once('end', () => {
          const warnings = [...String(answer.headers['warning'] ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)];
          resolve({ status: answer.statusCode ?? 0, text, warnings: warnings.map(([, warning = '']) => warning) });
        });
      });
      asked.once('timeout', () => asked.destroy(new Error(`no answer to ${method} ${path} within 30 s`)));
      asked.once('error', reject);
      asked.end(body);
    });
  }
}
