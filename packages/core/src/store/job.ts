import type { NoticeEvent } from '../channel/notice.ts';
import type { RecipientOutcome } from '../channel/outcome.ts';
import type { Instant } from '../ports.ts';
import type { AlertSeverity } from '../severity.ts';

/** What a job does when it is due. */
export type JobKind =
  /** Tells of an incident through one channel. */
  | 'delivery'
  /** Looks at an incident again: not acknowledged, quiet for long, no longer silenced; or at a silence that has ended. */
  | 'review'
  /** Looks at a response, and does what is due of it: acts, makes it last longer, reverts it, or ends its question. */
  | 'response';

/** Why an incident is looked at again. */
export type ReviewReason = 'acknowledge' | 'due' | 'quiet' | 'remind' | 'silence' | 'silence_end';

/** Work that is planned for a time. */
export interface NewJob {
  /** UUID version 7. It is the delivery's key at the peer. */
  readonly id: string;
  readonly kind: JobKind;
  /**
   * The incident that it is about; the silence for a review `silence_end` and a delivery `silence_ended`. Empty for a
   * delivery that tells of neither: a digest, or the canary of a channel.
   */
  readonly incident: string;
  /** The channel's name for a delivery, the {@link ReviewReason} for a review, the responder's name for a response. */
  readonly target: string;
  /** What a delivery tells; `updated` for the others. */
  readonly event: NoticeEvent;
  readonly severity: AlertSeverity;
  readonly due: Instant;
  /**
   * At most one job of a slot waits. One that is scheduled into a slot where another waits is merged into it: the
   * earlier time, the higher severity, the sum of the pairs; the first one's id and event stay. A job that is claimed
   * has left its slot.
   */
  readonly slot: string;
  /** How many (alert, channel) pairs of the accounting it stands for. */
  readonly pairs: number;
  /** The version of the policy that planned it. */
  readonly policy: string;
  /** Set where it stands in for a leg that failed: the name of that channel. */
  readonly insteadOf?: string;
  /** For `response`: which one, by id. */
  readonly response?: string;
}

/** A job as it is kept. */
export interface Job extends NewJob {
  /** Claims so far: an attempt that kills the process counts too. */
  readonly attempts: number;
  readonly createdAt: Instant;
  /** What the last attempt handed back; see `Attempt`. */
  readonly progress: string | undefined;
  readonly doubtful: boolean;
  /** The reason of the last attempt that failed; empty before. */
  readonly lastReason: string;
  /** Set once other legs were asked to tell it in place of its own: they are asked once. */
  readonly stoodIn?: true;
}

/** A job that is somebody's until a time. */
export interface Claim {
  readonly job: Job;
  /** Differs for each claim of a job: what settles it must bear the newest one. */
  readonly token: string;
  readonly until: Instant;
}

/** What a settled attempt said of each of several recipients. Left out: nothing, and what an earlier one said stays. */
interface OfRecipients {
  readonly recipients?: readonly RecipientOutcome[];
}

/** How a claimed job goes on. */
export type Settlement =
  | ({ readonly state: 'done'; readonly proof: string; readonly ref?: string } & OfRecipients)
  | ({
      readonly state: 'waiting';
      readonly due: Instant;
      readonly reason: string;
      readonly detail: string;
      readonly progress?: string;
      readonly doubtful: boolean;
    } & OfRecipients)
  | ({ readonly state: 'dead'; readonly reason: string; readonly detail: string } & OfRecipients)
  /** Nobody needs it any more: its pairs count as suppressed. */
  | { readonly state: 'cancelled'; readonly detail: string }
  /** It was not tried: it waits as before, and this claim counts as no attempt. */
  | { readonly state: 'returned'; readonly due: Instant }
  /**
   * A digest tells it: the job that waits in this slot when the changes of the settlement are made, one of which bears
   * its pairs. They are pending until that digest is done, and then count as digested. `DEFECT` where no job waits there.
   */
  | { readonly state: 'digested'; readonly slot: string };

/** Where a delivery may be, in the order of their numbers on the wire, from 1. */
export const deliveryStates = ['waiting', 'claimed', 'done', 'dead', 'cancelled', 'digested'] as const;

/** One of {@link deliveryStates}. */
export type DeliveryState = (typeof deliveryStates)[number];

/** A delivery, for people. */
export interface Delivery extends Job {
  readonly state: DeliveryState;
  readonly settledAt: Instant | undefined;
  readonly proof: string;
  readonly detail: string;
  /** The digest that tells it, by id; only where the state is `digested`. */
  readonly digest?: string;
  /** Of the last attempt that said it, each of several recipients. */
  readonly recipients?: readonly RecipientOutcome[];
}
