import {
  AlertSeverity,
  type Clock,
  type Job,
  type Millis,
  type Random,
  type Settlement,
} from '@therapytrain/alerts-core';
import type { Outcome } from '@therapytrain/alerts-core/channel';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Waits between attempts: the example of Standard Webhooks 1.0.0, whose receivers are as far away as a day. */
const ladder: readonly Millis[] = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

/** What is most severe is tried four times within three minutes first. */
const criticalLadder: readonly Millis[] = [2 * second, 10 * second, 30 * second, 2 * minute, ...ladder.slice(1)];

/** What only a person can mend is looked at again this often. */
const afterMisconfiguration: Millis = 5 * minute;

/** A longer wait than this is not believed. */
const longestAsked: Millis = hour;

/** Attempts of a job that are too many, whatever became of them: one may end the process each time. */
export const mostAttempts = 24;

/** What the stage goes by. */
export interface SettleFacts {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'fraction'>;
}

type Failed = Exclude<Outcome, { readonly kind: 'done' }>;

const jittered = (span: Millis, { random }: SettleFacts): Millis => Math.round(span * (0.8 + random.fraction() * 0.4));

const waitOf = (job: Job, outcome: Failed, facts: SettleFacts): Millis | undefined => {
  if (outcome.kind === 'reject' || job.attempts >= mostAttempts) return undefined;
  const steps = job.severity === AlertSeverity.CRITICAL ? criticalLadder : ladder;
  const step = steps[job.attempts - 1];
  if (step === undefined) return undefined;
  if (outcome.kind === 'misconfigured') return jittered(Math.max(step, afterMisconfiguration), facts);
  const asked = outcome.kind === 'retry' ? outcome.after : undefined;
  // At least what was asked, so that a peer that is overloaded is not called too early.
  return asked === undefined
    ? jittered(step, facts)
    : Math.min(asked, longestAsked) + Math.round(facts.random.fraction() * second);
};

/** How a delivery goes on after an attempt: done, due again, or dead. Pure but for the chance in the waits (±20 %). */
export const settle = (job: Job, outcome: Outcome, facts: SettleFacts): Settlement => {
  const each = outcome.recipients && { recipients: outcome.recipients };
  if (outcome.kind === 'done') {
    const { ref, proof = '' } = outcome;
    return { state: 'done', proof, ...(ref !== undefined && { ref }), ...each };
  }
  const { reason, detail } = outcome;
  const wait = waitOf(job, outcome, facts);
  if (wait === undefined) return { state: 'dead', reason, detail, ...each };
  const progress = ('progress' in outcome ? outcome.progress : undefined) ?? job.progress;
  return {
    state: 'waiting',
    due: facts.clock.now() + wait,
    reason,
    detail,
    doubtful: job.doubtful || outcome.kind === 'ambiguous',
    ...(progress !== undefined && { progress }),
    ...each,
  };
};

/** Longer than this nobody waits for a peer that asks for less, while another leg can tell. */
const longestThrottled = (job: Job): Millis => (job.severity === AlertSeverity.CRITICAL ? minute : 5 * minute);

/** True where another leg should tell at once: this one is dead, waits for a person, or for long at the peer's wish. */
export const needsFallback = (job: Job, outcome: Outcome, next: Settlement): boolean =>
  next.state === 'dead' ||
  outcome.kind === 'misconfigured' ||
  (outcome.kind === 'retry' && (outcome.after ?? 0) > longestThrottled(job));
