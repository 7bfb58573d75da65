import type { Responder } from '@therapytrain/alerts-core/responder';
import { responderContract } from '@therapytrain/alerts-testkit';
import { openLever } from './lever/lever.ts';

responderContract('the lever', openLever());

// As telemetry wraps each part.
const wrapped = ({ revert, ...responder }: Responder): Responder => ({
  preview: (step) => responder.preview(step),
  respond: async (step, attempt) => responder.respond(step, attempt),
  ...(revert && { revert: async (step, attempt) => revert(step, attempt) }),
  check: async (signal) => responder.check(signal),
  close: async () => responder.close(),
});

responderContract('a wrapped lever', openLever({ wrap: wrapped }));
