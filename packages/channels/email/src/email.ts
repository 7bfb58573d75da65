import { defineChannel, type OpenChannel, openChannel, type OpenOptions } from '@therapytrain/alerts-core/channel';
import { createEmail } from './channel.ts';
import { smtpFromEnvironment, type SmtpSettings } from './environment.ts';
import { type EmailInput, options } from './options.ts';

/** Sends a mail to each of a list of people, over SMTP. */
export const email = defineChannel({ kind: 'email', options, create: createEmail });

/** The options, of which the environment may give some. */
export type OpenEmailOptions = Omit<EmailInput, keyof SmtpSettings> & Partial<SmtpSettings>;

/**
 * Opens the channel for a program of your own. What is not given of `host`, `port`, `secure`, `user`, `pass` and `from`
 * comes from SMTP_HOST, SMTP_PORT, SMTP_SECURE, SMTP_USER, SMTP_PASS and SMTP_FROM. Throws `FIELD_INVALID` that names
 * every option and variable that is missing or wrong. Nothing is connected before the first attempt.
 */
export const openEmail = (given: OpenEmailOptions, more?: OpenOptions): OpenChannel =>
  openChannel(email, { ...given, ...smtpFromEnvironment(process.env, given) }, more);
