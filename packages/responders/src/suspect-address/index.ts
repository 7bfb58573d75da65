import { z } from 'zod';
import { decisionResponder } from '../decision/decision-responder.ts';

/** An address or range is marked as suspicious, for a time: services look at it more closely, and refuse nothing for it. */
export const suspectAddress = decisionResponder({
  kind: 'suspect-address',
  decision: 'suspect_address',
  target: 'address',
  args: z.strictObject({}),
  summary: () => 'every service looks at the address more closely, and refuses nothing for it',
});
