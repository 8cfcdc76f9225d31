/** Why no TLS connection to a server could be opened, and what its operator can do about it. */
export interface TlsFault {
  readonly name: string;
  /** Codes of errors, of Node and of OpenSSL. */
  readonly codes: readonly string[];
  /** About the server, for people. */
  readonly what: string;
  readonly cure: string;
  /** What the cure has to name to us. */
  readonly lacks?: 'authority' | 'client certificate';
}

const TRUST = 'trust its authority with --upstream-ca FILE, or with NODE_EXTRA_CA_CERTS=FILE';
const CLIENT_CERTIFICATE = 'name one that it accepts with --upstream-cert FILE and --upstream-key FILE';

// The page imports this file too: it must not import anything of Node.
/** The relay tells the observer of a fault by its place here. */
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
    codes: ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'],
    what: 'it wants a client certificate',
    cure: CLIENT_CERTIFICATE,
    lacks: 'client certificate',
  },
  {
    name: 'refuses-certificate',
    codes: [
      'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
      'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
      'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED',
      'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN',
      'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE',
      'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED',
      'ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR',
      'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    ],
    what: 'it does not accept our client certificate, or wants one',
    cure: CLIENT_CERTIFICATE,
    lacks: 'client certificate',
  },
  {
    name: 'handshake-refused',
    codes: ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY'],
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
    codes: ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'ERR_SSL_UNSUPPORTED_PROTOCOL'],
    what: 'it speaks no version of TLS that we do',
    cure: 'let it speak TLS 1.2 or 1.3',
  },
  {
    name: 'unknown-name',
    codes: ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME'],
    what: 'it has no certificate for the name in the URL',
    cure: 'use a name of its certificate in the URL',
  },
  {
    name: 'no-http1',
    codes: ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'],
    what: 'it does not offer HTTP/1.1',
    cure: 'let it offer HTTP/1.1 beside HTTP/2',
  },
];

const BY_CODE = new Map(TLS_FAULTS.flatMap((fault) => fault.codes.map((code) => [code, fault])));

/** The fault that an error's code stands for; undefined: it is not about TLS. */
export const tlsFaultOf = (code: string): TlsFault | undefined => BY_CODE.get(code);
