import { createHash } from 'node:crypto';
import type { Attempt, RecipientOutcome } from '@therapytrain/alerts-core/channel';

/** How it went for a recipient; undefined while it is still to be told. */
export type Settled = 'accepted' | 'refused' | undefined;

const marks = { accepted: '+', refused: '-' } as const;

// Salted with the key of the delivery, so that a store of outcomes is no list of staff.
const hashOf = (key: string, recipient: string): string =>
  createHash('sha256').update(`${key}\n${recipient}`).digest('hex').slice(0, 16);

/** Who is settled by earlier attempts, in the order of the recipients. What is not of our own making counts for nothing. */
export const settledBefore = ({ key, progress = '' }: Attempt, recipients: readonly string[]): readonly Settled[] => {
  const entries = new Set(progress.length > 4_096 ? [] : progress.split('.'));
  return recipients.map((recipient) => {
    const hash = hashOf(key, recipient);
    if (entries.has(marks.accepted + hash)) return 'accepted';
    return entries.has(marks.refused + hash) ? 'refused' : undefined;
  });
};

/** What the next attempt is to be given; undefined where nobody is settled. */
export const progressOf = (
  key: string,
  recipients: readonly string[],
  outcomes: readonly Pick<RecipientOutcome, 'state'>[],
): string | undefined =>
  outcomes
    .flatMap(({ state }, at) => (state === 'deferred' ? [] : [marks[state] + hashOf(key, recipients[at] ?? '')]))
    .join('.') || undefined;
