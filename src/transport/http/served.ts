import { isPrivateName } from '../names.ts';
import { SpanChooser, type PropagationOptions } from '../trace/span-chooser.ts';
import type { LookUpAll } from './addresses.ts';
import { createAdmission, type Admission } from './admission.ts';
import { Upstream, type UpstreamCertificates } from './upstream.ts';

/** A server behind a relay: plain data, as the relay may run on a thread of its own. */
export interface ServedOptions {
  /** Names the server to the observer. It is never used again for another one. */
  index: number;
  /** Another number where anything below is another. */
  revision: number;
  /** Requests for this host find the server; in lower case, without a port. Undefined: for any. */
  host: string | undefined;
  /** So do those for this path, and what is below it. Begins with `/`, and does not end with it. Undefined: for any. */
  path: string | undefined;
  /** A URL. Its path takes the place of `path`; without one, requests keep theirs. */
  upstream: string;
  certificates: UpstreamCertificates;
  upstreamHost: 'auto' | 'keep' | 'upstream';
  allowHost: readonly string[];
  allowOrigin: readonly string[];
  connectTimeoutSeconds: number;
  maxMessageBytes: number;
  propagation: PropagationOptions;
  /** `traceparent` is written into `params._meta` too. */
  intoMeta: boolean;
}

/** A server as all connections of a relay share it. */
export class Served {
  readonly options: ServedOptions;
  readonly upstream: Upstream;
  readonly chooser: SpanChooser;
  readonly admit: Admission;
  /** Takes the place of `path` in a target; undefined: targets stay as they are. */
  readonly upstreamPath: string | undefined;
  /** It is no longer served in this form. What is under way goes on. */
  retired = false;

  /**
   * @param listeningOn the host of the listener
   * @param before the same server until now
   * @param lookUp asks the name server for the addresses of the upstream; absent: as the system does
   */
  constructor(options: ServedOptions, listeningOn: string, before: Served | undefined, lookUp?: LookUpAll) {
    const { host, path, allowHost, allowOrigin, certificates } = options;
    const url = new URL(options.upstream);
    this.options = options;
    this.chooser = before?.options.index === options.index ? before.chooser : new SpanChooser(options.propagation);
    this.upstream = new Upstream(
      url,
      keepsHost(options.upstreamHost, url),
      options.connectTimeoutSeconds * 1_000,
      certificates,
      lookUp,
    );
    this.admit = createAdmission({
      listeningOn,
      allowHost: host === undefined ? allowHost : [...allowHost, host],
      allowOrigin,
    });
    const upstreamPath = url.pathname.replace(/\/$/, '');
    this.upstreamPath = path === undefined || path === upstreamPath ? undefined : upstreamPath;
  }
}

/**
 * Whether the client's own `Host` is sent on. An upstream nearby needs it to check for DNS rebinding and to build its
 * URLs. One behind a front that goes by names (a CDN, an ingress) needs the name that it answers to.
 */
function keepsHost(setting: 'auto' | 'keep' | 'upstream', upstream: URL): boolean {
  return setting === 'keep' || (setting === 'auto' && isPrivateName(upstream.hostname));
}
