import type { Millis } from '@therapytrain/alerts-core';

/** How much a channel may be told. */
export interface RateLimit {
  /** Tokens that come back in a minute, evenly; above 0. */
  readonly perMinute: number;
  /** The most tokens that are kept: so many may go at once after a rest; at least 1. */
  readonly burst: number;
  /** The longest that anybody waits for a token that was set aside. */
  readonly longestWait: Millis;
}

/** What was answered to who asked for a token. */
export type Grant =
  /** There is one. */
  | { readonly kind: 'now' }
  /** One is set aside: it is there after this wait, and need not be asked for again. */
  | { readonly kind: 'later'; readonly wait: Millis }
  /** There is none, and the source has had its share. */
  | { readonly kind: 'none' };

/** Tokens of one channel, and who has had how many of them. Time is monotonic. */
export interface TokenBucket {
  /** Asks for a token for something of a source. */
  take(source: string, now: Millis): Grant;
  /** What {@link TokenBucket.take} would answer; takes nothing. */
  look(source: string, now: Millis): Grant;
  /** Takes a token for what goes in any case, if there is one. */
  spend(now: Millis): void;
}

const minute: Millis = 60_000;
/** Tokens are sums of fractions: what is missing of one by less than this is no wait. */
const grain = 1e-9;
/** The most sources that are told apart; of more, those that asked longest ago are forgotten. */
const mostSources = 1_000;

interface Share {
  readonly tokens: number;
  /** When it asked last. */
  readonly at: Millis;
}

/**
 * Makes a bucket that is full. The algorithm is the token bucket of RFC 2697 §3 with one rate, in the form of the
 * Generic Cell Rate Algorithm (ITU-T I.371 Annex A): tokens may be owed, and who is owed to waits until they are there.
 * So in any span no more than `burst + rate × span` go, counted at the times that were granted (a wait is rounded up to
 * whole milliseconds).
 *
 * Fairness is that of weighted sharing: while n sources ask, each has a bucket of its own with 1/(n + 1) of rate and
 * burst (at least one token). A token that lies there is anybody's; when there is none, one is set aside for a source
 * that has not had its share, and for no other. The one part in n + 1 that is nobody's is for who comes next: however
 * much the others ask, a source that asks for no more than its share gets a token within the longest wait, as long as
 * there are not more sources than come tokens in that time.
 */
export const createTokenBucket = ({ perMinute, burst, longestWait }: RateLimit, start: Millis): TokenBucket => {
  const rate = perMinute / minute;
  // Who has not asked for this long is no longer one of those among whom it is shared.
  const memory = Math.max(minute, longestWait) + burst / rate;
  let tokens = burst;
  let at = start;
  const shares = new Map<string, Share>();

  const forget = (now: Millis): void => {
    // In the order in which they asked last.
    for (const [source, share] of shares) {
      if (now - share.at <= memory && shares.size <= mostSources) break;
      shares.delete(source);
    }
  };
  const pass = (to: Millis): Millis => {
    const now = Math.max(at, to);
    tokens = Math.min(burst, tokens + (now - at) * rate);
    at = now;
    forget(now);
    return now;
  };
  /** What a source has of its share now that it asks. */
  const shareOf = (source: string, now: Millis): number => {
    const known = shares.get(source);
    const parts = shares.size + (known ? 0 : 1) + 1;
    const most = Math.max(1, burst / parts);
    return known ? Math.min(most, known.tokens + ((now - known.at) * rate) / parts) : most;
  };
  const note = (source: string, share: number, now: Millis): void => {
    shares.delete(source);
    shares.set(source, { tokens: share, at: now });
  };
  const grant = (share: number): Grant => {
    if (tokens >= 1 - grain) return { kind: 'now' };
    const wait = Math.ceil((1 - tokens) / rate - grain);
    return share < 1 - grain || wait > longestWait ? { kind: 'none' } : { kind: 'later', wait };
  };

  return {
    take: (source, to) => {
      const now = pass(to);
      const share = shareOf(source, now);
      const granted = grant(share);
      const used = granted.kind === 'none' ? 0 : 1;
      tokens -= used;
      note(source, Math.max(0, share - used), now);
      return granted;
    },
    look: (source, to) => grant(shareOf(source, pass(to))),
    spend: (to) => {
      pass(to);
      if (tokens >= 1 - grain) tokens -= 1;
    },
  };
};
