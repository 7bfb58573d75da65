import { z } from 'zod';
import { decisionResponder } from '../decision/decision-responder.ts';

/** A user must prove who they are once more, with a second factor, for a time. */
export const stepUp = decisionResponder({
  kind: 'step-up',
  decision: 'step_up',
  target: 'user',
  args: z.strictObject({}),
  summary: () => 'the user must prove who they are with a second factor',
});
