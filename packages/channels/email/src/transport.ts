import type { Millis } from '@therapytrain/alerts-core';
import nodemailer, { type SendMailOptions, type SMTPPoolOptions } from 'nodemailer';
import DKIM from 'nodemailer/lib/dkim';
import type { SMTPPoolSentMessageInfo } from 'nodemailer/lib/smtp-pool';
import { hostnameOf } from './message.ts';
import type { EmailOptions } from './options.ts';

/** What came of one mail. */
export type Sending =
  | { readonly info: SMTPPoolSentMessageInfo }
  | {
      /** Nodemailer's own; it holds addresses and the server's words. */
      readonly error: unknown;
      /** True if the whole message had been handed to the connection: the server may have taken it. */
      readonly sent: boolean;
    };

/** A pool of connections to one server. */
export interface Transport {
  /** One SMTP transaction. Ends when the signal is aborted, and takes its connection along. Never rejects. */
  send(mail: SendMailOptions, signal: AbortSignal): Promise<Sending>;
  /** Ends every connection at once. */
  close(): void;
}

/** The most that a reply may be; a long one has a few hundred bytes. */
const longestReply = 64 * 1024;
const second = 1_000;

/** What both a pool and a single connection need to know. None of its waits is longer than the whole attempt. */
export const connectionOptions = (options: EmailOptions): SMTPPoolOptions => {
  const { host, port, secure = port === 465, user, pass, tls, timeout } = options;
  const within = (span: Millis): Millis => Math.min(span, timeout);
  return {
    host,
    port,
    secure,
    requireTLS: tls.required && !secure,
    name: hostnameOf(options),
    tls: {
      minVersion: tls.minVersion,
      // Said outright, because the environment could turn it off.
      rejectUnauthorized: true,
      ...(tls.ca !== undefined && { ca: tls.ca }),
      ...(tls.servername !== undefined && { servername: tls.servername }),
    },
    ...(user !== undefined && pass !== undefined && { auth: { user, pass: pass.reveal() }, forceAuth: true }),
    connectionTimeout: within(10 * second),
    greetingTimeout: within(10 * second),
    socketTimeout: within(30 * second),
    dnsTimeout: within(5 * second),
    // An attempt that is given up must leave nothing on its way.
    socketCloseTimeout: 0,
    maxResponseSize: longestReply,
    logger: false,
    debug: false,
  };
};

/** Makes the pool. Nothing is connected before the first mail. */
export const createTransport = (options: EmailOptions): Transport => {
  const connection = connectionOptions(options);
  const pool = nodemailer.createTransport({
    ...connection,
    pool: true,
    maxConnections: options.connections,
    maxMessages: 100,
    // The manager tries again; the pool would do so without end and without being asked.
    maxRequeues: 0,
    // Says QUIT before the socket's own time-out cuts an idle connection.
    idleTimeout: Math.floor(((connection.socketTimeout ?? second) * 2) / 3),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const signer =
    options.dkim &&
    new DKIM({
      domainName: options.dkim.domain,
      keySelector: options.dkim.selector,
      privateKey: options.dkim.privateKey.reveal(),
      cacheDir: false,
    });
  const onEnd = new WeakMap<AbortSignal, () => void>();
  // The stream that comes out here last is the one that the connection reads: its end is followed by the final dot.
  // So the signer must be in the line before it, and is not left to nodemailer, which would put it behind.
  pool.use('stream', ({ data, message }, next) => {
    if (signer) message.processFunc((input) => signer.sign(input));
    message.processFunc((input) => input.once('end', () => data.signal && onEnd.get(data.signal)?.()));
    next();
  });
  return {
    send: async (mail, signal) => {
      let sent = false;
      onEnd.set(signal, () => (sent = true));
      try {
        // Since 10.5 the pool ends the connection of the one mail whose signal is aborted; the others go on.
        return { info: await pool.sendMail({ ...mail, signal }) };
      } catch (error) {
        return { error, sent };
      }
    },
    close: () => pool.close({ force: true }),
  };
};
