import { outcomeOf } from '@therapytrain/alerts-core/channel';
import { defineResponder, type Responder, type ResponseAttempt, type Step } from '@therapytrain/alerts-core/responder';
import {
  type AskedEffect,
  type OpenResponderSubject,
  skewedPorts,
  startActionPeer,
} from '@therapytrain/alerts-testkit';
import { z } from 'zod';
import { createExchange, type PostboxParts, soundParts, token } from '../postbox/postbox.ts';

/** What is wrong with a lever: one of its parts, or what is around it. */
export interface LeverFlaw {
  readonly parts?: (sound: LeverParts) => Partial<LeverParts>;
  readonly wrap?: (responder: Responder, url: string) => Responder;
}

/** The parts of the smallest responder that meets the contract. */
export interface LeverParts extends Pick<PostboxParts, 'clock' | 'timeout' | 'judge' | 'waitOf'> {
  /** True for what it acts on. */
  readonly takes: (step: Step) => boolean;
  readonly idOf: (step: Step, attempt: ResponseAttempt) => string;
  readonly fenceOf: (step: Step, attempt: ResponseAttempt, act: 'respond' | 'revert') => number;
  readonly effectOf: (step: Step) => NonNullable<AskedEffect['effect']>;
}

const kind = defineResponder({
  kind: 'lever',
  target: 'user',
  idempotent: true,
  reversible: true,
  options: z.strictObject({}),
  args: z.strictObject({}),
  create: () => {
    throw new Error('a lever is opened by its test');
  },
});

const sound = (): LeverParts => {
  const { clock, judge, waitOf } = soundParts(skewedPorts().clock);
  return {
    ...{ clock, waitOf, timeout: 400 },
    judge: (reply, waits) =>
      'status' in reply && reply.status === 409
        ? outcomeOf('refused', 'a newer attempt took over')
        : judge(reply, waits),
    takes: ({ target: { kind: of, value } }) => of === 'user' && value !== '',
    idOf: ({ id }) => id,
    fenceOf: (_, { fence }) => fence,
    effectOf: ({ target: { value }, until }) => ({ target: value, until }),
  };
};

/** Asks one address to act. Small, and sound: it meets the contract. */
const createLever = (url: string, parts: LeverParts): Responder => {
  const { run, close } = createExchange(url, parts);
  const ask = (act: 'respond' | 'revert', step: Step, attempt: ResponseAttempt) => {
    if (!parts.takes(step)) return Promise.resolve(outcomeOf('refused', 'it acts on users alone'));
    const effect = act === 'respond' ? parts.effectOf(step) : undefined;
    const asked: AskedEffect = { id: parts.idOf(step, attempt), fence: parts.fenceOf(step, attempt, act), effect };
    return run('POST', {}, JSON.stringify(asked), attempt.signal);
  };
  return {
    preview: ({ from, until = from }) => ({ summary: `the lever is down for ${until - from} ms`, reversible: true }),
    respond: (step, attempt) => ask('respond', step, attempt),
    revert: (step, attempt) => ask('revert', step, attempt),
    check: (signal) => run('OPTIONS', {}, '', signal),
    close,
  };
};

/** A lever on a peer of its own. */
export const openLever =
  ({ parts = () => ({}), wrap = (responder) => responder }: LeverFlaw = {}): OpenResponderSubject =>
  async ({ timeout }) => {
    const world = await startActionPeer({ read: (body) => JSON.parse(body) as AskedEffect });
    const whole = { ...sound(), ...(timeout && { timeout }) };
    const responder = wrap(createLever(world.url, { ...whole, ...parts(whole) }), world.url);
    return { kind, responder, world, secrets: [token, world.url], timeout: whole.timeout };
  };
