import { createAlertClient } from '@therapytrain/alerts-client';
import { enforceExpress } from '@therapytrain/alerts-enforce/express';
import express, { type Express } from 'express';

/** How many requests were refused, by reason. */
export const refusals = new Map<string, number>();

/** A service that refuses whom the gateway says. */
export const createService = async (gateway: string): Promise<{ app: Express; stop: () => Promise<void> }> => {
  const client = createAlertClient({ address: gateway, source: 'notes' });
  const decisions = client.decisions.cache({
    kinds: ['block_address', 'throttle_address', 'lock_account', 'revoke_sessions'],
    enforcer: `notes-${process.pid}`, // so that the gateway can tell what is enforced
    whenAway: { lock_account: 'closed' }, // the others stay open while the gateway is away
  });
  await decisions.ready();

  const app = express().set('trust proxy', 'loopback'); // whom to believe is Express' own business
  app.use(
    enforceExpress({
      decisions,
      user: (request) => request.get('x-user'), // from your session, as you know it
      sessionStartedAt: (request) => Number(request.get('x-session-started')),
      onRefused: ({ reason }) => refusals.set(reason, (refusals.get(reason) ?? 0) + 1),
    }),
  );
  app.get('/notes', (_request, response) => void response.send('notes'));
  return { app, stop: () => client.close() };
};
