export { email, openEmail, type OpenEmailOptions } from './email.ts';
export { smtpFromEnvironment, type SmtpSettings } from './environment.ts';
