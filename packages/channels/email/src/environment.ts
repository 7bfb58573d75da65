import { fieldError, type FieldViolation } from '@therapytrain/alerts-core';
import type { EmailInput } from './options.ts';

/** What the environment can say of the channel. */
export type SmtpSettings = Pick<EmailInput, 'host' | 'port' | 'secure' | 'user' | 'pass' | 'from'>;

type Environment = Readonly<Record<string, string | undefined>>;

const numberOf = (text: string, faults: FieldViolation[]): number => {
  if (!/^\d{1,5}$/.test(text)) faults.push({ field: 'SMTP_PORT', rule: 'is not a port number' });
  return Number(text);
};

const truthOf = (text: string, faults: FieldViolation[]): boolean => {
  if (!/^(?:true|false)$/i.test(text)) faults.push({ field: 'SMTP_SECURE', rule: 'is neither true nor false' });
  return text.toLowerCase() === 'true';
};

/**
 * The settings of SMTP_HOST, SMTP_PORT, SMTP_SECURE, SMTP_USER, SMTP_PASS and SMTP_FROM, for those that are not given. A
 * variable that is empty counts as not set. Throws `FIELD_INVALID` that names every variable that is missing or wrong:
 * host and sender are needed, and user and password only together.
 */
export const smtpFromEnvironment = (env: Environment, given: Partial<SmtpSettings> = {}): SmtpSettings => {
  const faults: FieldViolation[] = [];
  const value = (name: string): string | undefined => env[name] || undefined;
  const needed = <T>(option: string, name: string, set: T | undefined): T | undefined => {
    if (set === undefined) faults.push({ field: name, rule: `is not set, and the option ${option} is not given` });
    return set;
  };
  const [port, secure] = [value('SMTP_PORT'), value('SMTP_SECURE')];
  const user = given.user ?? value('SMTP_USER');
  const pass = given.pass ?? value('SMTP_PASS');
  const settings = {
    host: needed('host', 'SMTP_HOST', given.host ?? value('SMTP_HOST')),
    port: given.port ?? (port === undefined ? undefined : numberOf(port, faults)),
    secure: given.secure ?? (secure === undefined ? undefined : truthOf(secure, faults)),
    user: pass === undefined ? user : needed('user', 'SMTP_USER', user),
    pass: user === undefined ? pass : needed('pass', 'SMTP_PASS', pass),
    from: needed('from', 'SMTP_FROM', given.from ?? value('SMTP_FROM')),
  };
  if (faults.length > 0) throw fieldError(faults);
  return Object.fromEntries(Object.entries(settings).filter(([, set]) => set !== undefined)) as unknown as SmtpSettings;
};
