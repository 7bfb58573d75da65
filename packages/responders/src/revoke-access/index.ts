import { z } from 'zod';
import { decisionResponder } from '../decision/decision-responder.ts';

/** A user may not reach one resource, for a time. */
export const revokeAccess = decisionResponder({
  kind: 'revoke-access',
  decision: 'revoke_access',
  target: 'access',
  args: z.strictObject({}),
  summary: () => 'the user may not reach the resource',
});
