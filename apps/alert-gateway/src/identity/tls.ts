import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import { AlertError, type Clock } from '@therapytrain/alerts-core';
import { createReadFiles, watchFiles } from '../file-watch.ts';

/** The files of TLS, as PEM. */
export interface TlsFiles {
  /** The gateway's certificate, with those between it and its authority. */
  readonly cert: string;
  readonly key: string;
  /** The authorities of clients' certificates; undefined: no certificate of a client is asked for. */
  readonly clientCa?: string | undefined;
}

/** What a gateway serves TLS with. */
export interface Tls {
  readonly credentials: ServerCredentials;
  /** Follows the files no more. */
  stop(): void;
}

// No option of grpc-js says how old a TLS may be, or that a client may come without a certificate; its credentials say
// what Node is given.
class RotatingCredentials extends ServerCredentials {
  constructor(context: SecureContextOptions, requestCert: boolean) {
    // Who comes without one, or with one that is not good, may still have a token. `authorized` says which it was.
    super({ requestCert, rejectUnauthorized: false, minVersion: 'TLSv1.2' }, context);
  }

  rotate(context: SecureContextOptions): void {
    this.updateSecureContextOptions(context);
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

const read = (file: string): Buffer => {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new AlertError('NOT_CONFIGURED', `the file ${file} cannot be read (${code})`, { cause });
  }
};

const contextOf = ({ cert, key, clientCa }: TlsFiles): SecureContextOptions => {
  const context: SecureContextOptions = {
    cert: read(cert),
    key: read(key),
    ...(clientCa === undefined ? {} : { ca: read(clientCa) }),
    minVersion: 'TLSv1.2',
  };
  try {
    // A key that is not the certificate's shows here, and not only when the first client comes.
    createSecureContext(context);
    return context;
  } catch (cause) {
    throw new AlertError('NOT_CONFIGURED', `${cert} and ${key} are not a certificate and its key in PEM`, { cause });
  }
};

/**
 * Reads the files, and again when one of them changes: new connections get the new certificate, open ones keep theirs
 * until their age ends them. Files that are no good, or of which only one has changed yet, leave those in force as they
 * were. Throws `NOT_CONFIGURED`.
 */
export const startTls = (files: TlsFiles, clock: Clock, onChange: (error?: unknown) => void): Tls => {
  const { cert, key, clientCa } = files;
  const known = createReadFiles();
  const load = (): SecureContextOptions => {
    const note = known.begin();
    for (const file of [cert, key, clientCa]) if (file !== undefined) note(file);
    return contextOf(files);
  };
  const credentials = new RotatingCredentials(load(), clientCa !== undefined);
  const reload = (): void => {
    try {
      credentials.rotate(load());
      onChange();
    } catch (error) {
      onChange(error);
    }
  };
  return { credentials, stop: watchFiles(known, clock, reload).stop };
};
