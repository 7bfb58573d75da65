import { X509Certificate } from 'node:crypto';
import type { SecureContextOptions, TLSSocket } from 'node:tls';

// The labels that OpenSSL takes for a certificate, each on a line of its own, as there.
const block = /^-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[ \r]*$[^-]*^-----END \1-----[ \r]*$/gm;

const fingerprintOf = (pem: string): string | undefined => {
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch {
    return undefined;
  }
};

/** The certificates of a bundle in PEM, each by its SHA-256. What cannot be read is left out. */
export const authoritiesIn = (bundle: SecureContextOptions['ca']): ReadonlySet<string> => {
  const texts = bundle === undefined ? [] : [bundle].flat().map((part) => part.toString());
  const found = texts.flatMap((text) => (text.match(block) ?? []).map(fingerprintOf));
  return new Set(found.filter((each) => each !== undefined));
};

/**
 * Who vouches for the client of a connection, each by its SHA-256: what its certificate was signed with, and what that was,
 * up to the authority that was trusted. Empty where nothing of it is known.
 */
export const authoritiesOf = (socket: TLSSocket): readonly string[] => {
  const found: string[] = [];
  // Node ends the chain with a certificate that is its own issuer, or with none.
  let each = socket.getPeerCertificate(true).issuerCertificate;
  while (each !== undefined && !found.includes(each.fingerprint256)) {
    found.push(each.fingerprint256);
    each = each.issuerCertificate;
  }
  return found;
};
