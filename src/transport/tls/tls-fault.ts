/** Why no TLS connection to a server could be opened, and what its operator can do about it. */
export interface TlsFault {
  readonly name: string;
  /** Codes of errors, of Node and of OpenSSL. */
  readonly codes: readonly string[];
  /** What the server may send instead of going on (RFC 8446, 6). OpenSSL has changed the codes for these. */
  readonly alerts?: readonly number[];
  /** About the server, for people. */
  readonly what: string;
  readonly cure: string;
  /** What the cure has to name to us. */
  readonly lacks?: 'authority' | 'client certificate';
}

const TRUST = 'trust its authority with --upstream-ca FILE, or with NODE_EXTRA_CA_CERTS=FILE';
/** The cure where a server wants to know who we are. */
export const CLIENT_CERTIFICATE = 'name one that it accepts with --upstream-cert FILE and --upstream-key FILE';

// The page imports this file too: it must not import anything of Node.
export const TLS_FAULTS: readonly TlsFault[] = [
  {
    name: 'unknown-authority',
    codes: [
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_GET_ISSUER_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'CERT_UNTRUSTED',
      'INVALID_CA',
    ],
    what: 'its certificate is not signed by a known authority',
    cure: `${TRUST}; or let it send its whole chain of certificates`,
    lacks: 'authority',
  },
  {
    name: 'self-signed',
    codes: ['DEPTH_ZERO_SELF_SIGNED_CERT'],
    what: 'its certificate is self-signed',
    cure: 'trust it with --upstream-ca FILE, or with NODE_EXTRA_CA_CERTS=FILE',
    lacks: 'authority',
  },
  {
    name: 'other-name',
    codes: ['ERR_TLS_CERT_ALTNAME_INVALID'],
    what: 'its certificate is for another name',
    cure: 'use a name of its certificate in the URL, or replace the certificate',
  },
  {
    name: 'expired',
    codes: ['CERT_HAS_EXPIRED'],
    what: 'its certificate, or one that signs it, has expired',
    cure: 'renew the certificate; if it is in date, correct the clock of this machine',
  },
  {
    name: 'not-yet-valid',
    codes: ['CERT_NOT_YET_VALID'],
    what: 'its certificate is not valid yet',
    cure: 'correct the clock of this machine, or replace the certificate',
  },
  {
    name: 'unfit',
    codes: ['INVALID_PURPOSE', 'CERT_REVOKED', 'CERT_REJECTED', 'CERT_SIGNATURE_FAILURE', 'CERT_CHAIN_TOO_LONG'],
    what: 'its certificate is not one that a server may use',
    cure: 'replace the certificate',
  },
  {
    name: 'too-weak',
    codes: [
      'EE_KEY_TOO_SMALL',
      'CA_KEY_TOO_SMALL',
      'CA_MD_TOO_WEAK',
      'ERR_SSL_EE_KEY_TOO_SMALL',
      'ERR_SSL_DH_KEY_TOO_SMALL',
    ],
    what: 'its certificate or its key is too weak',
    cure: 'replace the certificate by one with a longer key and SHA-256',
  },
  {
    name: 'wants-certificate',
    codes: [],
    alerts: [116],
    what: 'it wants a client certificate',
    cure: CLIENT_CERTIFICATE,
    lacks: 'client certificate',
  },
  {
    name: 'refuses-certificate',
    codes: [],
    alerts: [42, 43, 44, 45, 46, 48, 49, 51],
    what: 'it does not accept our client certificate, or wants one',
    cure: CLIENT_CERTIFICATE,
    lacks: 'client certificate',
  },
  {
    name: 'handshake-refused',
    codes: [],
    alerts: [40, 71],
    what: 'it refused the TLS handshake',
    cure: `if it wants a client certificate, ${CLIENT_CERTIFICATE}; else let it offer the ciphers of TLS 1.2 or 1.3`,
  },
  {
    name: 'no-tls',
    codes: ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ERR_SSL_UNKNOWN_PROTOCOL'],
    what: 'it does not speak TLS',
    cure: 'write http:// instead of https://',
  },
  {
    name: 'old-version',
    codes: ['ERR_SSL_UNSUPPORTED_PROTOCOL'],
    alerts: [70],
    what: 'it speaks no version of TLS that we do',
    cure: 'let it speak TLS 1.2 or 1.3',
  },
  {
    name: 'unknown-name',
    codes: [],
    alerts: [112],
    what: 'it has no certificate for the name in the URL',
    cure: 'use a name of its certificate in the URL',
  },
  {
    name: 'no-http1',
    codes: [],
    alerts: [120],
    what: 'it does not offer HTTP/1.1',
    cure: 'let it offer HTTP/1.1 beside HTTP/2',
  },
];

const BY_CODE = new Map(TLS_FAULTS.flatMap((fault) => fault.codes.map((code) => [code, fault])));
const BY_ALERT = new Map(TLS_FAULTS.flatMap((fault) => (fault.alerts ?? []).map((alert) => [alert, fault])));

/** The fault that an error stands for; undefined: it is not about TLS. @param code of the error, or of its cause */
export function tlsFaultOf(code: string, message: string): TlsFault | undefined {
  const alert = /\bSSL alert number (\d+)/.exec(message)?.[1];
  const fault = alert === undefined ? undefined : BY_ALERT.get(Number(alert));
  // A write that finds the handshake failed has a code of its own, EPROTO, and the reason in its message.
  const reason = /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1];
  const named = reason && BY_CODE.get(`ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`);
  return fault ?? (named || BY_CODE.get(code));
}
