import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its key, as PEM. It is its own authority, so who trusts it names it as `ca`. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

// DER (X.690): tag, length, content.
const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text));
const bits = (bytes: Buffer): Buffer => der(0x03, Buffer.from([0]), bytes);
const time = (at: number): Buffer => {
  const digits = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(digits.slice(2)));
};

// RFC 5758 §3.2 and RFC 4055 §5: ecdsa-with-SHA256, and sha256WithRSAEncryption, which has NULL beside it.
const algorithms = {
  ec: sequence(oid('2a8648ce3d040302')),
  rsa: sequence(oid('2a864886f70d01010b'), der(0x05)),
} as const;
const day = 86_400_000;

const nameOf = (common: string): Buffer => sequence(der(0x31, sequence(oid('550403'), utf8(common))));

const addressBytes = (address: string): Buffer => {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  // Only `::1` is asked for.
  return Buffer.from([...Array.from({ length: 15 }, () => 0), 1]);
};

const altName = (name: string): Buffer => (isIP(name) ? der(0x87, addressBytes(name)) : der(0x82, Buffer.from(name)));

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));

const pem = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${bytes.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`;

/** What a certificate is to be. */
export interface TestCertificateOptions {
  /** Names and IP addresses. Default: `localhost`, 127.0.0.1 and ::1. */
  readonly names?: readonly string[];
  /** P-256, or RSA of 2048 bits for servers that know nothing newer. Default: `ec`. */
  readonly key?: 'ec' | 'rsa';
  /** The middle of the two days that it is good for, in milliseconds since the epoch. Default: now. */
  readonly at?: number;
}

/**
 * Makes a self-signed certificate (RFC 5280) with a new key, good for a day before and a day after a moment. Nothing of it is kept
 * anywhere, so that no key lies in a repository.
 */
export const createTestCertificate = ({
  names = ['localhost', '127.0.0.1', '::1'],
  key = 'ec',
  at = Date.now(),
}: TestCertificateOptions = {}): TestCertificate => {
  const { privateKey, publicKey } =
    key === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const name = nameOf('A peer of a test');
  const serial = der(0x02, Buffer.from([1]), randomBytes(8));
  const extensions = sequence(
    extension('551d13', true, sequence(der(0x01, Buffer.from([0xff])))),
    extension('551d11', false, sequence(...names.map(altName))),
  );
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    serial,
    algorithms[key],
    name,
    sequence(time(at - day), time(at + day)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const certificate = sequence(body, algorithms[key], bits(sign('sha256', body, privateKey)));
  return {
    cert: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};
