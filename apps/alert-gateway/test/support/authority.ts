// The generator of certificates finds its parts by decorators, which need this first.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

export { ExtendedKeyUsage };

/** A certificate and its key, as PEM, and its serial number. */
export interface TestPair {
  readonly cert: string;
  readonly key: string;
  readonly serial: string;
}

/** What a certificate is to be. */
export interface PairOptions {
  readonly names: readonly JsonGeneralName[];
  readonly usage?: ExtendedKeyUsage;
  /** Milliseconds from now. */
  readonly from?: number;
  readonly to?: number;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 86_400_000;

const pem = (label: string, bytes: ArrayBuffer): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString('base64')}\n-----END ${label}-----\n`;

/** An authority of a test, made anew each time, so that no key lies in a repository. */
export const createTestAuthority = async () => {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const own = await X509CertificateGenerator.createSelfSigned({
    name: `CN=An authority of a test ${Math.random()}`,
    keys,
    notBefore: new Date(Date.now() - 10 * day),
    notAfter: new Date(Date.now() + 10 * day),
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(true, 0, true)],
  });
  const issue = async ({ names, usage, from = -day, to = day }: PairOptions): Promise<TestPair> => {
    const pair = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const made = await X509CertificateGenerator.create({
      subject: 'CN=somebody',
      issuer: own.subject,
      notBefore: new Date(Date.now() + from),
      notAfter: new Date(Date.now() + to),
      signingAlgorithm: algorithm,
      publicKey: pair.publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new SubjectAlternativeNameExtension([...names]),
        ...(usage === undefined ? [] : [new ExtendedKeyUsageExtension([usage])]),
      ],
    });
    const key = pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', pair.privateKey));
    return { cert: made.toString('pem'), key, serial: made.serialNumber };
  };
  return {
    cert: own.toString('pem'),
    issue,
    server: () => issue({ names: [{ type: 'dns', value: 'localhost' }], usage: ExtendedKeyUsage.serverAuth }),
    client: (...uris: readonly string[]) =>
      issue({ names: uris.map((value) => ({ type: 'url', value })), usage: ExtendedKeyUsage.clientAuth }),
  };
};
