import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its key in PEM, and what signs others with it. */
export interface MadeCertificate {
  readonly cert: string;
  readonly key: string;
  readonly name: string;
  readonly privateKey: KeyObject;
}

export interface CertificateWishes {
  name: string;
  /** Names of DNS and addresses that it is for; none for an authority or a client. */
  for?: readonly string[];
  /** Who signs it; it signs itself otherwise. */
  by?: MadeCertificate;
  authority?: true;
  /** The years at whose beginnings it becomes valid, and ends. */
  years?: readonly [number, number];
}

/** Longer than these tests will live, so that no result depends on the date. */
const ALWAYS = [2000, 2120] as const;

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';

let serial = 0;

/** Makes an X.509 certificate of version 3 (RFC 5280). */
export function makeCertificate(wishes: CertificateWishes): MadeCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [from, to] = wishes.years ?? ALWAYS;
  const algorithm = sequence(oid(ECDSA_WITH_SHA256));
  const names = (wishes.for ?? []).map((name) =>
    isIP(name) === 4 ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name)),
  );
  const extensions = [
    ...(wishes.authority === true ? [extension(BASIC_CONSTRAINTS, sequence(der(0x01, Buffer.from([0xff]))))] : []),
    ...(names.length > 0 ? [extension(SUBJECT_ALT_NAME, sequence(...names))] : []),
  ];
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1, ++serial])),
    algorithm,
    distinguished((wishes.by ?? wishes).name),
    sequence(time(from), time(to)),
    distinguished(wishes.name),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
  );
  const signature = sign('sha256', signed, wishes.by?.privateKey ?? privateKey);
  const whole = sequence(signed, algorithm, der(0x03, Buffer.from([0]), signature));
  const lines = (whole.toString('base64').match(/.{1,64}/g) ?? []).join('\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    name: wishes.name,
    privateKey,
  };
}

/** A value of ASN.1 in DER (X.690). */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = rest.flatMap((number) => {
    const groups = [number & 127];
    for (let left = number >> 7; left > 0; left >>= 7) groups.unshift((left & 127) | 128);
    return groups;
  });
  return der(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

const distinguished = (name: string): Buffer =>
  sequence(der(0x31, sequence(oid(COMMON_NAME), der(0x0c, Buffer.from(name)))));

const extension = (id: string, value: Uint8Array): Buffer => sequence(oid(id), der(0x04, value));

/** The beginning of a year. Years from 2050 on have another type. */
const time = (year: number): Buffer =>
  year < 2050
    ? der(0x17, Buffer.from(`${String(year).slice(2)}0101000000Z`))
    : der(0x18, Buffer.from(`${year}0101000000Z`));
