import { z } from 'zod';
import { finalDecisionResponder } from '../decision/decision-responder.ts';

/** All sessions of a user that have begun are ended. Nothing brings them back; the user may sign in anew. */
export const revokeSessions = finalDecisionResponder({
  kind: 'revoke-sessions',
  decision: 'revoke_sessions',
  target: 'user',
  args: z.strictObject({}),
  summary: () => 'all sessions of the user that have begun are ended',
});
