import { z } from 'zod';
import { decisionResponder } from '../decision/decision-responder.ts';

/** Requests from an address or range are refused, for a time. */
export const blockAddress = decisionResponder({
  kind: 'block-address',
  decision: 'block_address',
  target: 'address',
  args: z.strictObject({}),
  summary: () => 'requests from the address are refused by every service',
});
