import { isMainThread } from 'node:worker_threads';
import { webhookAction } from '@therapytrain/alerts-responders';

/** How the webhook responder of a gateway under test goes about it, where not as it is built. */
export type ResponderWay =
  /** It says the same fence every time: only that is switched off, for a control. */
  | 'unfenced'
  /** A second try might have a second effect: what a crash leaves open is `unknown`. No built-in responder is so. */
  | 'asked once';

// Loaded into a gateway before anything else, by its environment; the gateway itself has no such switch.
const way = process.env['TORTURE_RESPONDER'] as ResponderWay | undefined;

if (isMainThread && way !== undefined) {
  if (way === 'asked once') Object.assign(webhookAction, { idempotent: false });
  else {
    const { create } = webhookAction;
    const fence = 1;
    const unfenced: typeof create = (options, ports) => {
      const responder = create(options, ports);
      return {
        ...responder,
        respond: (step, attempt) => responder.respond(step, { ...attempt, fence }),
        ...(responder.revert && { revert: (step, attempt) => responder.revert?.(step, { ...attempt, fence }) }),
      } as ReturnType<typeof create>;
    };
    Object.assign(webhookAction, { create: unfenced });
  }
}
