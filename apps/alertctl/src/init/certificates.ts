// The generator of certificates finds its parts by decorators, which need this first.
import 'reflect-metadata';
import { isIP } from 'node:net';
import { webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Instant } from '@therapytrain/alerts-core';

/** A certificate and its key, as PEM. */
export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
}

/** An authority of one's own. */
export interface Authority extends CertifiedKey {
  /** A certificate of a server for host names and IP addresses. */
  server(names: readonly string[]): Promise<CertifiedKey>;
  /** A certificate of a client that is known by a URI. */
  client(uri: string): Promise<CertifiedKey>;
}

// RFC 5480: P-256, which every TLS library knows.
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 86_400_000;
/** A clock that is behind ours still takes what was just made. */
const slack = 300_000;
const authorityDays = 3_650;

const nameOf = (name: string): JsonGeneralName => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name });

const generate = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

const keyPem = async (key: webcrypto.CryptoKey): Promise<string> => {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${bytes.replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END PRIVATE KEY-----\n`;
};

/**
 * Makes an authority, good for ten years, whose certificates are good for some days. It lives in its two files: whoever
 * has the key can make certificates of anybody.
 */
export const createAuthority = async (now: Instant, days: number): Promise<Authority> => {
  const notBefore = new Date(now - slack);
  const name = 'CN=TherapyTrain alerts authority';
  const keys = await generate();
  const own = await X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    notBefore,
    notAfter: new Date(now + authorityDays * day),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const issue = async (common: string, names: JsonGeneralName[], usage: ExtendedKeyUsage): Promise<CertifiedKey> => {
    const { publicKey, privateKey } = await generate();
    const made = await X509CertificateGenerator.create({
      subject: `CN=${common}`,
      issuer: own.subject,
      notBefore,
      notAfter: new Date(now + days * day),
      signingAlgorithm: algorithm,
      publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([usage]),
        new SubjectAlternativeNameExtension(names),
        await SubjectKeyIdentifierExtension.create(publicKey),
        await AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return { cert: `${made.toString('pem')}\n`, key: await keyPem(privateKey) };
  };
  return {
    cert: `${own.toString('pem')}\n`,
    key: await keyPem(keys.privateKey),
    server: (names) => issue('alert-gateway', names.map(nameOf), ExtendedKeyUsage.serverAuth),
    client: (uri) => issue('alerts client', [{ type: 'url', value: uri }], ExtendedKeyUsage.clientAuth),
  };
};
