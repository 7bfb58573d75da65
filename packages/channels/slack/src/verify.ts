import { createHmac, timingSafeEqual } from 'node:crypto';
import { AlertError, type Instant, type Millis } from '@therapytrain/alerts-core';
import { Secret } from '@therapytrain/alerts-core/channel';

/** A request that says it comes from Slack. */
export interface SlackRequest {
  /** The app's signing secret. */
  readonly signingSecret: Secret | string;
  /** The headers as they came; their names in any case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body, byte for byte as it came: what was parsed and written again has another signature. */
  readonly rawBody: string | Uint8Array;
  readonly now: Instant;
  /** Remembers requests, so that none is taken twice. Without it a request can be replayed for five minutes. */
  readonly replay?: ReplayCache;
}

/**
 * What is known of the request. `malformed`: it lacks a header, or one is not of the right form. `stale`: more than five
 * minutes from now, before or after. `mismatch`: not signed with this secret. `replayed`: it was here before. `full`: the
 * replay cache has no room, so nobody can tell.
 */
export type Verified =
  | { readonly ok: true; readonly at: Instant }
  | { readonly ok: false; readonly reason: 'malformed' | 'stale' | 'mismatch' | 'replayed' | 'full' };

/** Remembers what was here, for as long as it could be taken again. */
export interface ReplayCache {
  /** Notes the name until the moment, unless it is there already or nothing more fits. */
  note(name: string, until: Instant, now: Instant): 'new' | 'seen' | 'full';
}

const window: Millis = 5 * 60_000;

/**
 * A replay cache in memory. It holds at most so many names (default: 10,000) and forgets none before its time: where
 * it is full, the next request is refused, not let through unseen.
 */
export const createReplayCache = (most = 10_000): ReplayCache => {
  const until = new Map<string, Instant>();
  const forget = (now: Instant): void => {
    for (const [name, end] of until) if (end < now) until.delete(name);
  };
  return {
    note: (name, end, now) => {
      if ((until.get(name) ?? -Infinity) >= now) return 'seen';
      if (until.size >= most) forget(now);
      if (until.size >= most) return 'full';
      until.set(name, end);
      return 'new';
    },
  };
};

const headerIn = (headers: SlackRequest['headers'], name: string): string | undefined => {
  const values = Object.entries(headers).flatMap(([key, value]) => (key.toLowerCase() === name ? (value ?? []) : []));
  return values.length === 1 ? values[0] : undefined;
};

const signatureOf = (signingSecret: Secret | string, timestamp: string, rawBody: string | Uint8Array): Buffer => {
  const key = signingSecret instanceof Secret ? signingSecret.reveal() : signingSecret;
  // An empty key signs too, and everybody knows it.
  if (key === '') throw new AlertError('NOT_CONFIGURED', 'the signing secret of Slack is empty');
  return createHmac('sha256', key).update(`v0:${timestamp}:`).update(rawBody).digest();
};

/**
 * Says whether a request comes from Slack: signed over its raw body with the app's signing secret (`v0`, HMAC-SHA256),
 * at most five minutes from now, compared in constant time, and not here before where there is a replay cache. Throws
 * `NOT_CONFIGURED` for an empty secret, and for nothing that a request can hold.
 */
export const verifySlackRequest = ({ signingSecret, headers, rawBody, now, replay }: SlackRequest): Verified => {
  const timestamp = headerIn(headers, 'x-slack-request-timestamp') ?? '';
  const [, hex] = /^v0=([0-9a-f]{64})$/.exec(headerIn(headers, 'x-slack-signature') ?? '') ?? [];
  if (!/^\d{1,12}$/.test(timestamp) || hex === undefined) return { ok: false, reason: 'malformed' };
  const expected = signatureOf(signingSecret, timestamp, rawBody);
  if (!timingSafeEqual(expected, Buffer.from(hex, 'hex'))) return { ok: false, reason: 'mismatch' };
  const at = Number(timestamp) * 1_000;
  if (Math.abs(now - at) > window) return { ok: false, reason: 'stale' };
  const noted = replay?.note(hex, at + window, now) ?? 'new';
  if (noted === 'seen') return { ok: false, reason: 'replayed' };
  return noted === 'full' ? { ok: false, reason: 'full' } : { ok: true, at };
};
