import { openEmail, type OpenEmailOptions } from '@therapytrain/alerts-channel-email';

/** Tells the people on call of a failed login: `done`, or why not. */
export const tell = async (options: OpenEmailOptions): Promise<string> => {
  const email = openEmail(options); // { recipients: ['on-call@clinic.example'] }, and the rest from SMTP_HOST and so on
  const outcome = await email.send({
    type: 'AUTH_FAILURE',
    message: 'Failed login attempt of anna.berg',
    metadata: { userId: 'anna.berg' }, // goes out as a pseudonym, in the message too
  });
  await email.close();
  return outcome.kind === 'done' ? 'done' : `${outcome.kind}: ${outcome.reason}, ${outcome.detail}`;
};
