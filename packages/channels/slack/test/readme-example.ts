import { openSlack } from '@therapytrain/alerts-channel-slack';

/** Tells the security channel of a failed login, and says how it went. */
export const tell = async (options: Parameters<typeof openSlack>[0]): Promise<string> => {
  const slack = openSlack(options); // { token: 'xoxb-…', channel: 'C0123ABCD' }
  const outcome = await slack.send({
    type: 'AUTH_FAILURE',
    message: 'Failed login attempt',
    metadata: { userId: 'user123', method: 'password' }, // The user is shown as a pseudonym.
  });
  await slack.close();
  return outcome.kind === 'done' ? 'told' : `${outcome.kind}: ${outcome.reason}, ${outcome.detail}`;
};
