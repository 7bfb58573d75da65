import { createHash } from 'node:crypto';
import type { Clock } from '@therapytrain/alerts-core';
import {
  type Attempt,
  type Channel,
  type Clearance,
  type Notice,
  outcomeOf,
  type Outcome,
  raisedClearance,
  withDeadline,
} from '@therapytrain/alerts-core/channel';
import type { NodemailerError } from 'nodemailer';
import { tryOut } from './check.ts';
import { outcomeOfError } from './failures.ts';
import { messageOf } from './message.ts';
import type { EmailOptions } from './options.ts';
import { progressOf, type Settled, settledBefore } from './progress.ts';
import { outcomeOfRecipients } from './recipients.ts';
import { renderBy } from './render.ts';
import { proofOf, replyOf } from './replies.ts';
import { connectionOptions, createTransport, type Sending } from './transport.ts';

interface Sent {
  readonly attempt: Attempt;
  readonly before: readonly Settled[];
  readonly sending: Sending;
  readonly ended: 'deadline' | 'caller' | undefined;
}

// Equal for all channels of one account at one server, and readable by nobody.
const scopeOf = ({ host, port, user = '' }: EmailOptions): string =>
  `email:${createHash('sha256').update(`${host}\n${port}\n${user}`).digest('hex').slice(0, 16)}`;

/** What a queue id must not be part of: people's names in addresses, and the account. */
const hiddenWords = ({ recipients, from, user, pass }: EmailOptions): readonly string[] =>
  [...recipients, from.address].flatMap((each) => [each, ...each.split('@')]).concat(user ?? [], pass?.reveal() ?? []);

const refusalsOf = (error: unknown): readonly NodemailerError[] => {
  const { rejectedErrors } = error as { rejectedErrors?: unknown };
  return Array.isArray(rejectedErrors) ? rejectedErrors : [];
};

/** Says how one SMTP transaction ended. */
const conclude = (options: EmailOptions, { attempt, before, sending, ended }: Sent): Outcome => {
  const { recipients } = options;
  const progress = progressOf(
    attempt.key,
    recipients,
    before.map((state) => ({ state: state ?? 'deferred' })),
  );
  const circumstances = { ended, scope: scopeOf(options), progress };
  if ('error' in sending) {
    const { error, sent } = sending;
    const refusals = refusalsOf(error);
    // Only where the server refused every recipient does the error hold its refusals.
    if (refusals.length > 0 && !ended)
      return outcomeOfRecipients(recipients, attempt, before, { accepted: [], refusals });
    return outcomeOfError(error, { ...circumstances, sent });
  }
  const { accepted, rejectedErrors: refusals = [], response } = sending.info;
  const reply = replyOf(response);
  // An answer that cannot be read is never success.
  if (!reply) return outcomeOfError({ response }, { ...circumstances, ended: undefined, sent: true });
  const proof = proofOf(response, reply, hiddenWords(options));
  return outcomeOfRecipients(recipients, attempt, before, { accepted: accepted.map(String), refusals, proof });
};

const withNote = (outcome: Outcome, failed: boolean): Outcome =>
  failed && outcome.kind === 'done'
    ? { ...outcome, proof: `${outcome.proof}; template failed, built-in used` }
    : outcome;

/** Connects and signs in, and says how it went. */
const check = (options: EmailOptions, clock: Clock, caller: AbortSignal): Promise<Outcome> =>
  withDeadline(clock, options.timeout, caller, async ({ signal, ended }) => {
    try {
      await tryOut(connectionOptions(options), signal);
    } catch (error) {
      return outcomeOfError(error, { sent: false, ended: ended(), scope: scopeOf(options) });
    }
    const secured = options.tls.required || options.secure ? 'connected with TLS' : 'connected';
    const signedIn = options.user === undefined ? undefined : 'signed in';
    const facts = [secured, signedIn, raisedClearance(options.clearance)];
    return { kind: 'done', proof: facts.filter((fact) => fact !== undefined).join('; ') };
  });

/** One attempt: render, one SMTP transaction with all who are still to be told, say the outcome. */
export const createEmail = (options: EmailOptions, { clock }: { readonly clock: Clock }): Channel => {
  const transport = createTransport(options);
  const closing = new AbortController();
  const until = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, closing.signal]);
  const { recipients, timeout, template = {} } = options;

  const deliver = async (notice: Notice<Clearance>, attempt: Attempt): Promise<Outcome> => {
    const before = settledBefore(attempt, recipients);
    const to = recipients.filter((_, at) => !before[at]);
    if (to.length === 0) return outcomeOfRecipients(recipients, attempt, before, { accepted: [], refusals: [] });
    const { rendered, failed } = renderBy(template, notice);
    const mail = messageOf(options, { notice, rendered, key: attempt.key, now: clock.now(), to });
    const outcome = await withDeadline(clock, timeout, until(attempt.signal), async ({ signal, ended }) => {
      const sending = await transport.send(mail, signal);
      // What the server said in time stands, even if time ran out in the same moment.
      return conclude(options, { attempt, before, sending, ended: 'error' in sending ? ended() : undefined });
    });
    return withNote(outcome, failed);
  };

  return {
    clearance: options.clearance,
    deliver: async (notice, attempt) =>
      closing.signal.aborted ? outcomeOf('cancelled', 'the channel is closed') : deliver(notice, attempt),
    check: (signal) => check(options, clock, until(signal)),
    close: async () => {
      closing.abort();
      transport.close();
    },
  };
};
