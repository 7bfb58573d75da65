import type { PeerCertificate } from 'node:tls';
import type { Instant } from '@therapytrain/alerts-core';
import { plainSerial } from './identities-schema.ts';

/** What a client certificate says that was verified already. */
export interface ClientCertificate {
  /** Undefined where it has no URI, or more than one. */
  readonly uri: string | undefined;
  readonly serial: string;
  readonly notAfter: Instant;
}

// `DNS:a, URI:b, URI:"c, d"`: since CVE-2021-44532 Node writes what could be mistaken for two names as a JSON string.
const name = /(\w[\w ]*):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y;

/** The URIs of a subject alternative name as Node writes it. None where it is not written as expected. */
export const urisOf = (subjectAltName: string): readonly string[] => {
  const uris: string[] = [];
  name.lastIndex = 0;
  while (name.lastIndex < subjectAltName.length) {
    const [, kind, text = ''] = name.exec(subjectAltName) ?? [];
    if (kind === undefined) return [];
    if (kind === 'URI') uris.push(text.startsWith('"') ? (JSON.parse(text) as string) : text);
  }
  return uris;
};

/**
 * Reads a certificate. One with several URIs names nobody: which of them counts would be for us to guess (the SPIFFE
 * X.509-SVID standard, §2, has it so too).
 */
export const readCertificate = ({ subjectaltname, serialNumber, valid_to }: PeerCertificate): ClientCertificate => {
  const uris = urisOf(subjectaltname ?? '');
  const notAfter = Date.parse(valid_to);
  return {
    uri: uris.length === 1 ? uris[0] : undefined,
    serial: plainSerial(serialNumber),
    // What cannot be read has ended.
    notAfter: Number.isNaN(notAfter) ? 0 : notAfter,
  };
};
