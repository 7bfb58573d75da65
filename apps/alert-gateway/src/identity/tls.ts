import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createSecureContext, createServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { AlertError, type Clock, type Millis } from '@therapytrain/alerts-core';
import { createReadFiles, watchFiles } from '../file-watch.ts';
import { authoritiesIn, authoritiesOf } from './authorities.ts';
import { readCertificate } from './certificate.ts';

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
  /** Makes what speaks TLS on a connection, and hands it over when that is agreed upon. Called once. */
  secure(take: (secured: TLSSocket) => void): (socket: Socket) => void;
  /** Certificates of these serial numbers are taken no more: closes the connections that were opened with one. */
  deny(serials: ReadonlySet<string>): void;
  /** Follows the files no more. */
  stop(): void;
}

/** Time for streams of a denied certificate to be told why they end. Looked at is each second. */
const lastWords: Millis = 1_500;

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
  } catch (cause) {
    throw new AlertError('NOT_CONFIGURED', `${cert} and ${key} are not a certificate and its key in PEM`, { cause });
  }
  // OpenSSL passes over what it cannot read. A file that somebody is writing must not lock out every client.
  if (context.ca !== undefined && authoritiesIn(context.ca).size === 0) {
    throw new AlertError('NOT_CONFIGURED', `${clientCa} holds no certificate in PEM`);
  }
  return context;
};

/** Connections on which a client gave a certificate that was good. */
const createKnown = () => {
  const open = new Set<TLSSocket>();
  return {
    add: (socket: TLSSocket): void => {
      // Others prove who they are by a token, in each call.
      if (!socket.authorized) return;
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    },
    /** Other authorities are in force: closes the connections that one of those vouched for that are gone. */
    recheck: (gone: ReadonlySet<string>): void => {
      if (gone.size === 0) return;
      for (const socket of open) if (authoritiesOf(socket).some((each) => gone.has(each))) socket.destroy();
    },
    close: (serials: ReadonlySet<string>): void => {
      for (const socket of open) {
        if (serials.has(readCertificate(socket.getPeerCertificate()).serial)) socket.destroy();
      }
    },
  };
};

/**
 * Reads the files, and again when one of them changes: new connections get the new certificate, open ones keep theirs
 * until their age ends them, but those with a certificate of an authority that is there no more are closed. Whoever is
 * cut off so and is still good connects anew. Files that are no good, or of which only one has changed yet, leave those in
 * force as they were. Throws `NOT_CONFIGURED`.
 */
export const startTls = (files: TlsFiles, clock: Clock, onChange: (error?: unknown) => void): Tls => {
  const { cert, key, clientCa } = files;
  const watched = createReadFiles();
  const known = createKnown();
  const load = (): SecureContextOptions => {
    const note = watched.begin();
    for (const file of [cert, key, clientCa]) if (file !== undefined) note(file);
    return contextOf(files);
  };
  let context = load();
  // Who comes without a certificate, or with one that is not good, may still have a token. `authorized` says which.
  const asking = { requestCert: clientCa !== undefined, rejectUnauthorized: false, ALPNProtocols: ['h2'] };
  const server = createServer({ ...context, ...asking });
  server.on('tlsClientError', (_, socket) => socket.destroy());
  const reload = (): void => {
    try {
      const next = load();
      server.setSecureContext(next);
      const [before, now] = [authoritiesIn(context.ca), authoritiesIn(next.ca)];
      context = next;
      known.recheck(before.difference(now));
      onChange();
    } catch (error) {
      onChange(error);
    }
  };
  const watching = watchFiles(watched, clock, reload);
  const stopping = new AbortController();
  return {
    secure: (take) => {
      server.on('secureConnection', (socket) => {
        // Whoever takes it hears of the end by its close.
        socket.on('error', () => {});
        known.add(socket);
        take(socket);
      });
      return (socket) => void server.emit('connection', socket);
    },
    deny: (serials) => {
      if (serials.size === 0) return;
      clock.sleep(lastWords, stopping.signal).then(
        () => known.close(serials),
        () => undefined,
      );
    },
    stop: () => {
      stopping.abort();
      watching.stop();
    },
  };
};
