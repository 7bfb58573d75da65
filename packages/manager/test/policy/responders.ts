import { duration } from '@therapytrain/alerts-core';
import { secret } from '@therapytrain/alerts-core/channel';
import { defineResponder, type ResponderKind, type TargetKind } from '@therapytrain/alerts-core/responder';
import { z } from 'zod';

const create = () => {
  throw new Error('no responder is built here');
};

const common = { idempotent: true, reversible: true, options: z.strictObject({}), args: z.strictObject({}), create };

const block = defineResponder({ kind: 'block-address', target: 'address', ...common });
const throttle = defineResponder({
  kind: 'throttle-address',
  target: 'address',
  ...common,
  args: z.strictObject({ per_minute: z.int().min(1).default(60).describe('Requests a minute.') }),
});
const lock = defineResponder({ kind: 'lock-account', target: 'user', ...common });
const revoke = defineResponder({ kind: 'revoke-access', target: 'access', ...common });
const end = defineResponder({ kind: 'end-sessions', target: 'user', ...common, reversible: false });
const hook = defineResponder({
  kind: 'webhook-action',
  target: 'user',
  ...common,
  options: z.strictObject({
    url: z.url().describe('Where to.'),
    secret: secret().describe('What signs.'),
    timeout: duration().prefault('10s').describe('Longest wait.'),
    target: z.enum(['address', 'user', 'access']).default('user').describe('What it acts on.'),
  }),
  targetOf: ({ target }: { readonly target: TargetKind }) => target,
  args: z.strictObject({ action: z.enum(['close', 'mark']).describe('What is asked for.') }),
});

/** Kinds of responder that are there for what they say of themselves. */
export const responders: ReadonlyMap<string, ResponderKind> = new Map<string, ResponderKind>(
  [block, throttle, lock, revoke, end, hook].map((each) => [each.kind, each]),
);
