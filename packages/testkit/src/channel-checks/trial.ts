import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import type { Attempt, Notice, Outcome, Clearance } from '@therapytrain/alerts-core/channel';
import { waitFor } from '../wait-for.ts';
import { noticeOf, sampleAlert, sampleStory } from './stories.ts';
import type { ChannelCheck, ChannelSubject, OpenChannelSubject, PeerBehaviour, SubjectWish } from './subject.ts';

// Far above what a loaded machine needs to notice that a deadline has passed, far below "for ever".
const grace = 5_000;

/** One attempt, with what most checks do not care about filled in. */
export const attemptOf = (more: Partial<Attempt> = {}): Attempt =>
  Object.freeze({ key: `dlv-${randomUUID()}`, number: 1, signal: new AbortController().signal, ...more });

/** A plain notice of one alert. */
export const plainNotice = (clearance: Clearance): Notice<Clearance> =>
  noticeOf(sampleStory('alert', [sampleAlert('Failed login attempt', { component: 'sign-in' })]), clearance);

/** The outcome of an attempt. Fails if it throws, or does not end in time. */
export const deliver = async (
  { channel, timeout }: ChannelSubject,
  attempt: Attempt = attemptOf(),
  notice: Notice<Clearance> = plainNotice(channel.clearance),
): Promise<Outcome> => ended(channel.deliver(notice, attempt), timeout);

/** What the promise gives. Fails if it rejects, or is still open after the span and some grace. */
export const ended = async <T>(promise: Promise<T>, span: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it had not ended ${grace} ms after its time`)), span + grace);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Asserts the kind, and the reason where reasons are given. */
export const isOutcome = (outcome: Outcome, kinds: readonly Outcome['kind'][], reasons?: readonly string[]): void => {
  assert.ok(kinds.includes(outcome.kind), `expected ${kinds.join(' or ')}, but it was ${inspect(outcome)}`);
  if (outcome.kind === 'done' || !reasons) return;
  assert.ok(reasons.includes(outcome.reason), `expected ${reasons.join(' or ')}, but it was ${inspect(outcome)}`);
};

/** Waits until the peer has seen so many notices. */
export const arrived = async ({ peer }: ChannelSubject, count: number): Promise<void> => {
  await waitFor(() => peer.arrivals().length >= count, { what: `${count} arrivals` });
};

/** A check on a subject of its own, which is let go of afterwards. */
export const promise = (
  name: string,
  check: (subject: ChannelSubject) => Promise<void>,
  { needs, wish = {} }: { readonly needs?: PeerBehaviour; readonly wish?: SubjectWish } = {},
): ChannelCheck => ({
  name,
  ...(needs && { needs }),
  check: async (open: OpenChannelSubject) => {
    const subject = await open(wish);
    try {
      await check(subject);
    } finally {
      await ended(subject.channel.close(), subject.timeout);
      await subject.peer.stop();
    }
  },
});
