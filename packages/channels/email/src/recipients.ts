import {
  type Attempt,
  type Outcome,
  outcomeOf,
  type OutcomeReason,
  type RecipientOutcome,
} from '@therapytrain/alerts-core/channel';
import type { NodemailerError } from 'nodemailer';
import { progressOf, type Settled } from './progress.ts';
import { codesOf, reasonOf, type Reply, replyOf } from './replies.ts';

/** What the server said to the recipients of one attempt. */
export interface Told {
  /** Those that it took. */
  readonly accepted: readonly string[];
  /** Its refusals, one for each of the others. */
  readonly refusals: readonly NodemailerError[];
  /** The words that prove that it has the mail; undefined where it took nobody. */
  readonly proof?: string;
}

interface Refusal {
  readonly reply: Reply | undefined;
  readonly reason: OutcomeReason;
}

interface State extends RecipientOutcome {
  readonly refusal?: Refusal;
}

const refusalOf = (error: NodemailerError | undefined): Refusal => {
  const reply = replyOf(error?.response);
  return { reply, reason: reply ? reasonOf('rcpt', reply) : 'peer_failed' };
};

// A refusal that has to do with us and not with the recipient is no reason to strike anybody off.
const isFinal = ({ reply }: Refusal): boolean => reply !== undefined && reply.code >= 500 && reply.code !== 503;

const stateOf = (recipient: string, at: number, before: Settled, { accepted, refusals }: Told): State => {
  if (before) return { at, state: before };
  if (accepted.includes(recipient)) return { at, state: 'accepted' };
  const refusal = refusalOf(refusals.find((error) => 'recipient' in error && error.recipient === recipient));
  return {
    at,
    state: isFinal(refusal) ? 'refused' : 'deferred',
    ...(refusal.reply && { code: codesOf(refusal.reply) }),
    refusal,
  };
};

const shown = ({ at, state, code }: State): RecipientOutcome => ({ at, state, ...(code !== undefined && { code }) });

const codesIn = (states: readonly State[]): string => {
  const codes = [...new Set(states.flatMap(({ code }) => code ?? []))];
  return codes.length === 0 ? '' : ` (${codes.slice(0, 3).join(', ')})`;
};

const common = (states: readonly State[], of: OutcomeReason): boolean =>
  states.every(({ refusal }) => refusal?.reason === of);

/**
 * The outcome of an attempt by what became of each recipient, with earlier attempts counted in. Somebody deferred:
 * again, for them alone. Somebody refused for good, nobody deferred: no success. Nobody taken because we may not send at
 * all: to be mended by a person.
 */
export const outcomeOfRecipients = (
  recipients: readonly string[],
  { key }: Attempt,
  before: readonly Settled[],
  told: Told,
): Outcome => {
  const states = recipients.map((recipient, at) => stateOf(recipient, at, before[at], told));
  const of = (state: State['state']): readonly State[] => states.filter((each) => each.state === state);
  const [accepted, deferred, refused] = [of('accepted'), of('deferred'), of('refused')];
  const each = recipients.length > 1 ? { recipients: states.map(shown) } : {};
  const all = recipients.length;
  if (accepted.length === 0 && deferred.length === 0 && before.every((settled) => !settled)) {
    // Everybody is refused because of us: they are not settled, and stay to be told when it is mended.
    const ours = (['credentials', 'permission'] as const).find((reason) => common(refused, reason));
    if (ours) return outcomeOf(ours, `the peer refused every recipient${codesIn(refused)}`, each);
  }
  if (deferred.length > 0) {
    const progress = progressOf(key, recipients, states);
    const reason = accepted.length > 0 ? 'partial' : common(deferred, 'throttled') ? 'throttled' : 'peer_failed';
    return outcomeOf(reason, `${deferred.length} of ${all} recipients deferred${codesIn(deferred)}`, {
      ...each,
      ...(progress !== undefined && { progress }),
    });
  }
  if (refused.length > 0) {
    return outcomeOf('unknown_target', `${refused.length} of ${all} recipients refused${codesIn(refused)}`, each);
  }
  return { kind: 'done', proof: told.proof ?? 'taken by earlier attempts', ...each };
};
