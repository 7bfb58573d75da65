import type { Step } from '@therapytrain/alerts-core/responder';
import { z } from 'zod';

/** What is asked of the receiver: to act, or to take it back. */
export type WebhookActionVerb = 'respond' | 'revert';

const payload = z.object({
  version: z.literal(1),
  /** Names the effect: asked again, it is the same one, perhaps with a later end. */
  id: z.string(),
  /** Whole, from 1. Who has seen a higher one of this id answers 409, and does nothing. */
  fence: z.int().min(1),
  action: z.enum(['respond', 'revert']),
  target: z.object({ kind: z.enum(['address', 'user', 'access']), value: z.string(), resource: z.string() }),
  /** ISO 8601 in UTC; null where it is not reverted. */
  from: z.string(),
  until: z.string().nullable(),
  args: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  playbook: z.string(),
  /** Empty for none. */
  incident: z.string(),
});

/** What a receiver of a webhook action is sent. */
export type WebhookAction = z.output<typeof payload>;

/** The payload as a schema. More fields may come. */
export const webhookActionPayload = payload;

const timeOf = (instant: number): string => new Date(Math.min(Math.max(0, instant), 253_402_300_799_999)).toISOString();

/** Pure. The target goes out as it is, whatever its sensitivity: who is asked to act must know on what. */
export const render = (step: Step, action: WebhookActionVerb, fence: number): Uint8Array => {
  const { id, target, from, until, args, playbook, incident } = step;
  const said: WebhookAction = {
    ...{ version: 1, id, fence, action },
    target: { kind: target.kind, value: target.value, resource: target.resource },
    from: timeOf(from),
    until: until === undefined ? null : timeOf(until),
    ...{ args, playbook, incident },
  };
  return Buffer.from(JSON.stringify(said));
};
