import { TLS_FAULTS, tlsFaultOf } from './tls/tls-fault.ts';

/** Why no connection to a server could be opened, and what its operator can do about it. */
export interface UpstreamFault {
  readonly name: string;
  /** Codes of errors, of Node and of OpenSSL. */
  readonly codes: readonly string[];
  /** About the server, for people. */
  readonly what: string;
  readonly cure: string;
}

const CONNECTION_FAULTS: readonly UpstreamFault[] = [
  {
    name: 'refused',
    codes: ['ECONNREFUSED'],
    what: 'nothing listens there',
    cure: 'start the server, or correct the host or the port',
  },
  {
    name: 'unknown-host',
    codes: ['ENOTFOUND', 'EAI_AGAIN'],
    what: 'its name cannot be resolved',
    cure: 'correct the name, or the DNS of this machine',
  },
  {
    name: 'no-route',
    codes: ['EHOSTUNREACH', 'ENETUNREACH'],
    what: 'there is no route to it',
    cure: 'check the network, the VPN, the proxy',
  },
  {
    name: 'slow',
    codes: ['ETIMEDOUT', 'ERR_CONNECT_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT'],
    what: 'it accepts no connection in time',
    cure: 'look for a firewall on the way',
  },
];

// The page imports this file too: it must not import anything of Node.
/** The relay tells the observer of a fault by its place here. */
export const UPSTREAM_FAULTS: readonly UpstreamFault[] = [...CONNECTION_FAULTS, ...TLS_FAULTS];

const BY_CODE = new Map(CONNECTION_FAULTS.flatMap((fault) => fault.codes.map((code) => [code, fault])));

/** The fault that an error stands for; undefined: another one. @param code of the error, or of its cause */
export const upstreamFaultOf = (code: string, message: string): UpstreamFault | undefined =>
  tlsFaultOf(code, message) ?? BY_CODE.get(code);
