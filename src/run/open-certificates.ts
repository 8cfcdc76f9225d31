import { sayAbout, type ProxyConfig } from '../settings/server-config.ts';
import { certificateFiles } from '../settings/tls-settings.ts';
import type { UpstreamCertificates } from '../transport/http/upstream.ts';
import { TIMERS } from '../transport/timers.ts';
import { CertificateWatch } from '../transport/tls/certificate-watch.ts';
import type { Identity } from '../transport/tls/pem-files.ts';
import type { ServedServer } from './served-servers.ts';

export interface OpenCertificatesOptions {
  /** Prints a line for people. */
  say(line: string): void;
  /** There is another certificate to show to clients. */
  onIdentity(identity: Identity): void;
  /** There are others for an upstream. @param server its index */
  onUpstream(server: number, certificates: UpstreamCertificates): void;
}

/** The certificates of a proxy: its own, and those for each of its upstreams. */
export interface OpenCertificates {
  /** What is shown to clients; undefined: they are not spoken to over TLS. */
  readonly identity: Identity | undefined;
  /** Keeps those of these servers as their files have them, and no others. @throws {FileProblems} and keeps those before */
  watch(servers: readonly ServedServer[]): void;
  ofUpstream(server: ServedServer): UpstreamCertificates;
  stop(): void;
}

const NONE: UpstreamCertificates = { authorities: undefined, client: undefined };

/** Reads the certificates of a proxy, again and again; at once on SIGHUP. @throws {FileProblems} */
export function openCertificates(config: ProxyConfig, options: OpenCertificatesOptions): OpenCertificates {
  const { say } = options;
  const own = new CertificateWatch(certificateFiles({ 'tls-cert': config['tls-cert'], 'tls-key': config['tls-key'] }), {
    timers: TIMERS,
    say,
    onRenewed: ({ listener }) => {
      if (listener !== undefined) options.onIdentity(listener);
    },
  });
  let upstreams = new Map<ServedServer, CertificateWatch>();
  const all = (): CertificateWatch[] => [own, ...upstreams.values()];
  const renew = (): void => {
    for (const watch of all()) void watch.renew();
  };
  let listens = false;
  /** Without files to read again, a hang-up ends the process, as usual. */
  const listen = (): void => {
    const hasFiles = all().some((watch) => watch.hasFiles);
    if (hasFiles === listens) return;
    listens = hasFiles;
    if (hasFiles) process.on('SIGHUP', renew);
    else process.off('SIGHUP', renew);
  };
  listen();

  const watchOf = (server: ServedServer): CertificateWatch => {
    const { name, 'upstream-ca': ca, 'upstream-cert': cert, 'upstream-key': key } = server.config;
    return new CertificateWatch(certificateFiles({ 'upstream-ca': ca, 'upstream-cert': cert, 'upstream-key': key }), {
      timers: TIMERS,
      say: sayAbout(name, config.name, say),
      onRenewed: (renewed) => options.onUpstream(server.index, renewed),
    });
  };
  return {
    identity: own.current.listener,
    watch: (servers) => {
      const next = new Map<ServedServer, CertificateWatch>();
      try {
        for (const server of servers) next.set(server, upstreams.get(server) ?? watchOf(server));
      } catch (error) {
        for (const [server, watch] of next) if (!upstreams.has(server)) watch.stop();
        throw error;
      }
      for (const [server, watch] of upstreams) if (!next.has(server)) watch.stop();
      upstreams = next;
      listen();
    },
    ofUpstream: (server) => upstreams.get(server)?.current ?? NONE,
    stop: () => {
      for (const watch of all()) watch.stop();
      process.off('SIGHUP', renew);
    },
  };
}
