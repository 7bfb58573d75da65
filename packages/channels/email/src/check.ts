import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SMTPPoolOptions } from 'nodemailer';

/** How long the peer may take to close its side, in milliseconds. */
const farewell = 1_000;

/**
 * Connects, secures the connection, signs in and resets: all that a delivery does before its mail. Rejects with
 * nodemailer's error. A connection of its own, because one of the pool would be one that works already.
 */
export const tryOut = async (options: SMTPPoolOptions, signal: AbortSignal): Promise<void> => {
  signal.throwIfAborted();
  const connection = new SMTPConnection({ ...options, socketCloseTimeout: farewell });
  const abandon = (): void => connection.close();
  signal.addEventListener('abort', abandon, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      const step = (next: () => void) => (error?: Error | null) => (error ? reject(error) : next());
      // Without a listener an error of the connection would end the process.
      connection.on('error', reject);
      connection.once('end', () => reject(new Error('the connection ended')));
      const reset = (): void => connection.reset(step(resolve));
      const { user, pass } = options.auth ?? {};
      const signIn = (): void => connection.login({ user, pass, credentials: { user, pass } }, step(reset));
      connection.connect(step(user === undefined ? reset : signIn));
    });
    connection.quit();
  } finally {
    // Once QUIT is written: a peer that does not answer it keeps nothing open.
    connection.close();
    signal.removeEventListener('abort', abandon);
  }
};
